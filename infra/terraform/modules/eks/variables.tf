variable "name" {
  description = "Name of the cluster."
  type        = string
}

variable "kubernetes_version" {
  description = "Version of Kubernetes, <major>.<minor>."
  type        = string

  validation {
    condition     = can(regex("^1\\.[0-9]{2}$", var.kubernetes_version))
    error_message = "The version must read like 1.34."
  }
}

variable "vpc_id" {
  description = "The cluster's VPC."
  type        = string
}

variable "node_subnet_ids" {
  description = "Subnets of nodes and pods."
  type        = list(string)
}

variable "control_plane_subnet_ids" {
  description = "Subnets of the control plane's network interfaces."
  type        = list(string)
}

variable "api_client_cidrs" {
  description = "Networks outside the VPC (a VPN's, the CI's) that may reach the private API endpoint."
  type        = list(string)

  validation {
    condition     = alltrue([for cidr in var.api_client_cidrs : can(cidrhost(cidr, 0)) && cidr != "0.0.0.0/0"])
    error_message = "Each must be a network, and none of them everybody's (0.0.0.0/0)."
  }
}

variable "admin_role_arns" {
  description = "IAM roles of those who administer the cluster."
  type        = list(string)
}

variable "deployer_role_arns" {
  description = "IAM roles that roll out, by a name for each: all rights in the namespace, none outside."
  type        = map(string)
}

variable "namespace" {
  description = "The namespace of the system."
  type        = string
}

variable "system_nodes" {
  description = "The nodes that run what every cluster needs; Karpenter brings those of the workloads."
  type = object({
    instance_types = list(string)
    min_size       = number
    max_size       = number
  })

  validation {
    condition     = var.system_nodes.min_size >= 2 && var.system_nodes.max_size >= var.system_nodes.min_size
    error_message = "At least two nodes are needed, and the greatest number must not be below the least."
  }
}

variable "secrets_key_arn" {
  description = "The KMS key that encrypts Kubernetes' secrets."
  type        = string
}

variable "storage_key_arn" {
  description = "The KMS key that encrypts volumes."
  type        = string
}

variable "log_key_arn" {
  description = "The KMS key that encrypts log groups."
  type        = string
}

variable "log_retention_days" {
  description = "How long the control plane's logs are kept, in days."
  type        = number
}

variable "secret_arns" {
  description = "The secrets that External Secrets may read."
  type        = list(string)
}
