variable "name" {
  description = "Prefix of the roles' names."
  type        = string
}

variable "cluster_name" {
  description = "The cluster of the service accounts."
  type        = string
}

variable "namespace" {
  description = "The namespace of the service accounts."
  type        = string
}

variable "msk_cluster_arn" {
  description = "The Kafka cluster."
  type        = string

  validation {
    condition     = can(regex(":cluster/", var.msk_cluster_arn))
    error_message = "This must be the ARN of an MSK cluster."
  }
}

variable "customers_key_arn" {
  description = "The KMS key that wraps customers' keys."
  type        = string
}

variable "service_accounts" {
  description = "What each service account may do in Kafka, besides seeing what topics there are: read topics in a group, write to topics, and publish in transactions under an id."
  type = map(object({
    reads            = optional(set(string), [])
    groups           = optional(set(string), [])
    writes           = optional(set(string), [])
    transactional_id = optional(string)
  }))
}
