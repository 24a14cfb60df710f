variable "account_id" {
  description = "The AWS account of this environment: one account holds one environment."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "An account id has twelve digits."
  }
}

variable "region" {
  description = "The AWS region."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "The region must read like eu-central-1."
  }
}

variable "name" {
  description = "Name of the environment, before the name of everything in it."
  type        = string
  default     = "commerce-staging"
}

variable "network" {
  description = "The VPC: its /16, three availability zones, and whether one NAT gateway must do."
  type = object({
    cidr               = string
    availability_zones = list(string)
    single_nat_gateway = optional(bool, true)
  })

  validation {
    condition     = alltrue([for zone in var.network.availability_zones : startswith(zone, var.region)])
    error_message = "The availability zones must be zones of the region."
  }
}

variable "cluster" {
  description = "The Kubernetes cluster: version, who administers it, which networks outside the VPC reach its API, and its system nodes."
  type = object({
    kubernetes_version = optional(string, "1.34")
    admin_role_arns    = list(string)
    api_client_cidrs   = optional(list(string), [])
    system_nodes = optional(object({
      instance_types = list(string)
      min_size       = number
      max_size       = number
    }), { instance_types = ["m7i.large"], min_size = 3, max_size = 6 })
  })

  validation {
    condition     = length(var.cluster.admin_role_arns) > 0
    error_message = "Somebody must administer the cluster: name one IAM role at least."
  }
}

variable "kafka" {
  description = "The Kafka cluster: version, brokers, storage, and how many partitions a topic has."
  type = object({
    version       = optional(string, "3.9.x")
    instance_type = optional(string, "kafka.m7g.large")
    brokers       = optional(number, 3)
    storage_gib = optional(object({
      initial = number
      maximum = number
    }), { initial = 100, maximum = 1000 })
    topic_partitions = optional(number, 12)
  })
  default = {}
}

variable "data" {
  description = "Backups, and the endpoint service of MongoDB Atlas (unset: MongoDB runs in the cluster)."
  type = object({
    volume_backup = optional(object({
      schedule       = string
      retention_days = number
    }), { schedule = "cron(0 3 * * ? *)", retention_days = 14 })
    archive_retention_days   = optional(number, 30)
    mongodb_endpoint_service = optional(string)
  })
  default = {}
}

variable "images" {
  description = "Repositories of images, how many images they keep, and between which registries images are replicated."
  type = object({
    repositories = optional(set(string), ["order-processing"])
    keep_images  = optional(number, 100)
    replicate_to = optional(list(object({
      account_id = string
      region     = string
    })), [])
    replicate_from_account_ids = optional(list(string), [])
  })
  default = {}
}

variable "ci" {
  description = "Who issues the pipeline's tokens, for whom, and whose are believed."
  type = object({
    issuer_url = string
    audience   = string
    subjects   = set(string)
  })
}

variable "log_retention_days" {
  description = "How long logs are kept, in days."
  type        = number
  default     = 30

  validation {
    condition     = contains([30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "CloudWatch keeps logs for 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days."
  }
}

variable "metrics_retention_days" {
  description = "How long metrics are kept, in days."
  type        = number
  default     = 90
}
