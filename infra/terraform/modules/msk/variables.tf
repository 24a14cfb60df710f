variable "name" {
  description = "Name of the cluster."
  type        = string
}

variable "kafka_version" {
  description = "Version of Apache Kafka, as MSK names it."
  type        = string

  validation {
    # Before 3.8 IAM access control cannot end transactions, and the bridge publishes in transactions.
    condition     = try(tonumber(split(".", var.kafka_version)[0]) > 3 || tonumber(split(".", var.kafka_version)[1]) >= 8, false)
    error_message = "The version must be 3.8 or later: before, IAM access control does not support transactions."
  }
}

variable "vpc_id" {
  description = "The brokers' VPC."
  type        = string
}

variable "subnet_ids" {
  description = "One subnet in each of three availability zones."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) == 3
    error_message = "Three subnets are needed: every partition has a replica in each zone."
  }
}

variable "client_security_group_ids" {
  description = "Security groups of those who talk to the brokers, by a name for each."
  type        = map(string)
}

variable "instance_type" {
  description = "Instance type of the brokers."
  type        = string

  validation {
    condition     = startswith(var.instance_type, "kafka.")
    error_message = "The type must be one of MSK's, such as kafka.m7g.large."
  }
}

variable "brokers" {
  description = "How many brokers there are: a multiple of three."
  type        = number

  validation {
    condition     = var.brokers >= 3 && var.brokers % 3 == 0
    error_message = "The number of brokers must be a multiple of three."
  }
}

variable "storage_gib" {
  description = "Storage of a broker, and how far it may grow by itself (it never shrinks), in GiB."
  type = object({
    initial = number
    maximum = number
  })

  validation {
    condition     = var.storage_gib.initial >= 1 && var.storage_gib.maximum >= var.storage_gib.initial && var.storage_gib.maximum <= 16384
    error_message = "The initial storage must be at least 1 GiB, the maximum not less than that and 16384 GiB at most."
  }
}

variable "topics" {
  description = "The topics and what Kafka is told of each."
  type = map(object({
    partitions = number
    configs    = map(string)
  }))
}

variable "storage_key_arn" {
  description = "The KMS key that encrypts the brokers' storage."
  type        = string
}

variable "log_key_arn" {
  description = "The KMS key that encrypts log groups."
  type        = string
}

variable "log_retention_days" {
  description = "How long the brokers' logs are kept, in days."
  type        = number
}
