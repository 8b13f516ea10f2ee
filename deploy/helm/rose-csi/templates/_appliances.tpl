{{- define "rose-csi.severalAppliances" -}}
{{- if or .Values.appliances.existingSecret .Values.appliances.list }}true{{ end -}}
{{- end }}

{{- define "rose-csi.appliances" -}}
{{- .Values.appliances.existingSecret | default (printf "%s-appliances" (include "rose-csi.name" .)) -}}
{{- end }}

{{/*
The file that RDS_CONFIG names. @param root; credentials: the files of each are named; keys: which of an appliance's
values, all without
*/}}
{{- define "rose-csi.appliancesFile" -}}
appliances:
{{- $files := dict "privateKey" "privateKeyFile" "passphrase" "passphraseFile" "password" "passwordFile" }}
{{- range $appliance := .root.Values.appliances.list }}
{{- $entry := dict }}
{{- range $key, $value := $appliance }}
{{- if hasKey $files $key }}
{{- if and $.credentials $value }}
{{- $_ := set $entry (index $files $key) (printf "/etc/rose-csi/appliances/%s.%s" $appliance.name $key) }}
{{- end }}
{{- else if and (not (kindIs "invalid" $value)) (or (not $.keys) (has $key $.keys)) }}
{{- $_ := set $entry $key $value }}
{{- end }}
{{- end }}
  - {{ toYaml $entry | nindent 4 | trim }}
{{- end }}
{{- end }}

{{/* What a node has to know of them: their names, and where their exports are. */}}
{{- define "rose-csi.appliancesForNodes" -}}
{{- include "rose-csi.appliancesFile" (dict "root" . "credentials" false "keys" (list "name" "address" "nvmeAddress" "nvmePorts")) -}}
{{- end }}

{{- define "rose-csi.appliancesEnv" -}}
{{- if include "rose-csi.severalAppliances" . -}}
- { name: RDS_CONFIG, value: /etc/rose-csi/appliances/appliances.yaml }
{{- end }}
{{- end }}
