variable "name" {
  description = "Prefix of names."
  type        = string
}

variable "storage_key_arn" {
  description = "The KMS key that encrypts backups."
  type        = string
}

variable "volume_backup" {
  description = "When volumes are copied (AWS cron, UTC), and for how many days a copy is kept."
  type = object({
    schedule       = string
    retention_days = number
  })

  validation {
    condition     = startswith(var.volume_backup.schedule, "cron(") && var.volume_backup.retention_days >= 1
    error_message = "The schedule is AWS's cron(minutes hours day month weekday year), and a copy is kept for one day at least."
  }
}

variable "archive_retention_days" {
  description = "For how many days an archived backup can neither be changed nor deleted, and after how many it is deleted."
  type        = number

  validation {
    condition     = var.archive_retention_days >= 1
    error_message = "An archived backup is kept for one day at least."
  }
}

variable "mongodb_endpoint_service" {
  description = "The endpoint service that MongoDB Atlas names, or null: no private link."
  type        = string
  default     = null
}

variable "vpc_id" {
  description = "The VPC of the private link."
  type        = string
}

variable "subnet_ids" {
  description = "The subnets of the private link."
  type        = list(string)
}

variable "client_security_group_ids" {
  description = "Who may use the private link, by a name of their own."
  type        = map(string)
}
