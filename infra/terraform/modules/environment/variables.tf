variable "name" {
  description = "Name of the environment, before the name of everything in it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,19}$", var.name))
    error_message = "The name must be 3 to 20 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "namespace" {
  description = "The Kubernetes namespace of the system."
  type        = string
  default     = "order-processing"
}

variable "network" {
  description = "The VPC: its /16, three availability zones, and whether one NAT gateway must do."
  type = object({
    cidr               = string
    availability_zones = list(string)
    single_nat_gateway = bool
  })
}

variable "cluster" {
  description = "The Kubernetes cluster: version, who administers it, which networks outside the VPC reach its API, and its system nodes."
  type = object({
    kubernetes_version = string
    admin_role_arns    = list(string)
    api_client_cidrs   = optional(list(string), [])
    system_nodes = object({
      instance_types = list(string)
      min_size       = number
      max_size       = number
    })
  })
}

variable "kafka" {
  description = "The Kafka cluster: version, brokers, storage, and how many partitions a topic has."
  type = object({
    version       = string
    instance_type = string
    brokers       = number
    storage_gib = object({
      initial = number
      maximum = number
    })
    topic_partitions = number
  })

  validation {
    condition     = var.kafka.topic_partitions >= 1
    error_message = "A topic has one partition at least."
  }
}

variable "data" {
  description = "Backups, and the endpoint service of MongoDB Atlas (null: MongoDB runs in the cluster)."
  type = object({
    volume_backup = object({
      schedule       = string
      retention_days = number
    })
    archive_retention_days   = number
    mongodb_endpoint_service = optional(string)
  })
}

variable "images" {
  description = "Repositories of images, how many images they keep, and between which registries images are replicated."
  type = object({
    repositories = set(string)
    keep_images  = number
    replicate_to = optional(list(object({
      account_id = string
      region     = string
    })), [])
    replicate_from_account_ids = optional(list(string), [])
  })
}

variable "ci" {
  description = "Who issues the pipeline's tokens, for whom, and whose are believed."
  type = object({
    issuer_url = string
    audience   = string
    subjects   = set(string)
  })
}

variable "rules_directory" {
  description = "The folder with Prometheus' rules and alerts."
  type        = string
}

variable "log_retention_days" {
  description = "How long logs are kept, in days."
  type        = number
}

variable "metrics_retention_days" {
  description = "How long metrics are kept, in days."
  type        = number
}
