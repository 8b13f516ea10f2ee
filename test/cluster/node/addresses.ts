/** Of the node's own network, which nobody outside of it sees; `boot.sh` has them, too. */
export const NODE_ADDRESS = '10.77.0.1';
/** Where pods look for the API server: the first address of the services'. */
export const API_ADDRESS = '10.96.0.1';
export const API_PORT = 443;
/** Where the appliance is, once a scenario has one: the address that the documents have. */
export const APPLIANCE_ADDRESS = '192.0.2.10';
export const SERVICES = '10.96.0.0/24';
export const PODS = '10.88.0.0/16';
export const NODE_NAME = 'node-0';
