/** Where a guest's agent listens. */
export const AGENT_PORT = 7000;
/** Where the CSI socket of a guest's driver is to be reached. */
export const CSI_PORT = 7001;
