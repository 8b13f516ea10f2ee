{{- define "rose-csi.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- define "rose-csi.labels" -}}
app.kubernetes.io/name: rose-csi
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* What pods are found by: never to be changed, or no upgrade is taken. */}}
{{- define "rose-csi.selector" -}}
app.kubernetes.io/name: rose-csi
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "rose-csi.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}

{{- define "rose-csi.driver" -}}
{{- .Values.settings.DRIVER_NAME | default "rose-csi.io" -}}
{{- end }}

{{- define "rose-csi.controllerAccount" -}}
{{- .Values.serviceAccount.controllerName | default (printf "%s-controller" (include "rose-csi.name" .)) -}}
{{- end }}

{{- define "rose-csi.nodeAccount" -}}
{{- .Values.serviceAccount.nodeName | default (printf "%s-node" (include "rose-csi.name" .)) -}}
{{- end }}

{{- define "rose-csi.secret" -}}
{{- .Values.credentials.existingSecret | default (printf "%s-credentials" (include "rose-csi.name" .)) -}}
{{- end }}

{{- define "rose-csi.isMock" -}}
{{- if eq (.Values.settings.RDS_BACKEND | default "mock") "mock" }}true{{ end -}}
{{- end }}

{{/*
Settings as environment: those of the process win over the common ones; the chart's own stand after them.
Values may be written as numbers or booleans; a list is joined by commas.
*/}}
{{- define "rose-csi.settings" -}}
{{- range $name, $value := mergeOverwrite (deepCopy .common) (deepCopy .own) }}
{{- if not (kindIs "invalid" $value) }}
- name: {{ $name }}
  {{- if kindIs "slice" $value }}
  value: {{ join "," $value | quote }}
  {{- else if and (kindIs "float64" $value) (eq (toString (floor $value)) (toString $value)) }}
  value: {{ int64 $value | quote }}
  {{- else }}
  value: {{ toString $value | quote }}
  {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/*
What the node plugin has no use for stays away from it: it has no conversation with the appliance. One that looks which
appliances it reaches has to know where.
*/}}
{{- define "rose-csi.nodeSettings" -}}
{{- $kept := dict -}}
{{- $wanted := list "RDS_BACKEND" "RDS_NAME" -}}
{{- if eq (toString (mergeOverwrite (deepCopy .Values.settings) (deepCopy .Values.node.settings)).NODE_APPLIANCES) "probe" -}}
{{- $wanted = concat $wanted (list "RDS_ADDRESS" "RDS_NVME_ADDRESS" "RDS_NVME_PORTS") -}}
{{- end -}}
{{- range $name, $value := .Values.settings -}}
{{- if or (not (hasPrefix "RDS_" $name)) (has $name $wanted) -}}
{{- $_ := set $kept $name $value -}}
{{- end -}}
{{- end -}}
{{- toYaml $kept -}}
{{- end }}

{{/* Where metrics and health are served; off: there are neither. */}}
{{- define "rose-csi.probes" -}}
{{- if ne .address "off" }}
ports:
  - { name: http, containerPort: {{ last (splitList ":" .address) }} }
livenessProbe:
  httpGet: { path: /healthz, port: http }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 5
{{- end }}
{{- end }}

{{/* Nothing of a container's rights that it does not need. */}}
{{- define "rose-csi.unprivileged" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "rose-csi.sidecar" -}}
{{- $sidecar := index .root.Values.sidecars .name -}}
- name: csi-{{ .name }}
  image: {{ $sidecar.image }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  args:
    - --csi-address=/csi/csi.sock
    - --timeout={{ $sidecar.timeout }}
    - --{{ .workersFlag }}={{ $sidecar.workers }}
    {{- if .elects }}
    - --leader-election
    - --leader-election-namespace=$(POD_NAMESPACE)
    {{- end }}
    {{- range concat .args $sidecar.args }}
    - {{ . | quote }}
    {{- end }}
  env:
    - name: POD_NAMESPACE
      valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
    - name: POD_NAME
      valueFrom: { fieldRef: { fieldPath: metadata.name } }
    {{- range .env }}
    - {{ toYaml . | nindent 6 | trim }}
    {{- end }}
  securityContext:
    {{- include "rose-csi.unprivileged" .root | nindent 4 }}
  resources:
    {{- toYaml .root.Values.sidecars.resources | nindent 4 }}
  volumeMounts:
    - { name: socket, mountPath: /csi }
{{- end }}
