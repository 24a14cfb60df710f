variable "name" {
  description = "Prefix of what belongs to the environment."
  type        = string
}

variable "cluster_name" {
  description = "The cluster whose Prometheus and Grafana are let in."
  type        = string
}

variable "rule_files" {
  description = "Files of recording rules and alerts, by the name of their namespace."
  type        = map(string)
}

variable "metrics_retention_days" {
  description = "How long metrics are kept, in days."
  type        = number

  validation {
    condition     = var.metrics_retention_days >= 30 && var.metrics_retention_days <= 1095
    error_message = "Metrics are kept for 30 to 1095 days."
  }
}

variable "log_retention_days" {
  description = "How long the workspace's logs are kept, in days."
  type        = number
}

variable "log_key_arn" {
  description = "The KMS key that encrypts log groups."
  type        = string
}
