{{- define "clearhook.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "clearhook.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "clearhook.labels" -}}
{{ include "clearhook.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "clearhook.databaseSecret" -}}
{{- .Values.database.existingSecret | default (include "clearhook.fullname" .) -}}
{{- end -}}

{{- define "clearhook.masterKeySecret" -}}
{{- .Values.masterKey.existingSecret | default (include "clearhook.fullname" .) -}}
{{- end -}}
