{{/* What of the credentials is there: by what was given, or as credentials.keys says of an existing secret. */}}
{{- define "rose-csi.credentialKeys" -}}
{{- $credentials := .Values.credentials -}}
{{- $keys := list -}}
{{- range list "privateKey" "passphrase" "password" -}}
{{- if or (index $credentials .) (and $credentials.existingSecret (has . $credentials.keys)) -}}
{{- $keys = append $keys . -}}
{{- end -}}
{{- end -}}
{{- join "," $keys -}}
{{- end }}

{{/* Environment of a process that has the controller's services. */}}
{{- define "rose-csi.controllerEnv" -}}
{{- include "rose-csi.settings" (dict "common" .Values.settings "own" .Values.controller.settings) }}
- { name: KUBERNETES, value: 'on' }
- name: POD_NAME
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- name: POD_NAMESPACE
  valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
{{- with include "rose-csi.appliancesEnv" . }}
{{ . | trim }}
{{- end }}
{{- $keys := splitList "," (include "rose-csi.credentialKeys" .) }}
{{- if has "privateKey" $keys }}
- { name: RDS_PRIVATE_KEY_FILE, value: /etc/rose-csi/credentials/privateKey }
{{- end }}
{{- if has "passphrase" $keys }}
- { name: RDS_PASSPHRASE_FILE, value: /etc/rose-csi/credentials/passphrase }
{{- end }}
{{- if has "password" $keys }}
- { name: RDS_PASSWORD_FILE, value: /etc/rose-csi/credentials/password }
{{- end }}
{{- end }}

{{/* The sidecars beside a driver with the controller's services. @param elects whether there may be several of them */}}
{{- define "rose-csi.sidecars" -}}
{{- $snapshotter := .root.Values.sidecars.snapshotter }}
{{- $provisioner := list "--extra-create-metadata" "--default-fstype=ext4" "--feature-gates=Topology=true" }}
{{- if .root.Values.csiDriver.storageCapacity }}
{{- $provisioner = concat $provisioner (list "--enable-capacity" (printf "--capacity-ownerref-level=%d" (ternary 2 1 .elects))) }}
{{- end }}
{{- $namespace := list (dict "name" "NAMESPACE" "valueFrom" (dict "fieldRef" (dict "fieldPath" "metadata.namespace"))) }}
{{ include "rose-csi.sidecar" (dict "root" .root "elects" .elects "name" "provisioner" "workersFlag" "worker-threads" "args" $provisioner "env" $namespace) }}
{{ include "rose-csi.sidecar" (dict "root" .root "elects" .elects "name" "attacher" "workersFlag" "worker-threads" "args" (list "--default-fstype=ext4") "env" list) }}
{{/* Volumes grow while they are in use: the resizer need not know who uses them, and may not list pods. */}}
{{ include "rose-csi.sidecar" (dict "root" .root "elects" .elects "name" "resizer" "workersFlag" "workers" "args" (list "--handle-volume-inuse-error=false") "env" list) }}
{{- if $snapshotter.enabled }}
{{- /* Said in either case: the sidecar has them on by itself, and asks for CRDs that it may not list. */}}
{{- $args := list (printf "--feature-gates=CSIVolumeGroupSnapshot=%t" $snapshotter.groupSnapshots) }}
{{ include "rose-csi.sidecar" (dict "root" .root "elects" .elects "name" "snapshotter" "workersFlag" "worker-threads" "args" $args "env" list) }}
{{- end }}
{{- end }}
