variable "name" {
  description = "Name of the VPC and prefix of what belongs to it."
  type        = string
}

variable "cidr" {
  description = "The VPC's IPv4 network; subnets are cut from it, so it must be a /16."
  type        = string

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && endswith(var.cidr, "/16")
    error_message = "The network must be an IPv4 network of size /16, such as 10.20.0.0/16."
  }
}

variable "availability_zones" {
  description = "Three zones of the region: MSK, EventStoreDB and MongoDB each keep a replica in every one."
  type        = list(string)

  validation {
    condition     = length(distinct(var.availability_zones)) == 3
    error_message = "Name exactly three different availability zones."
  }
}

variable "single_nat_gateway" {
  description = "One NAT gateway for all zones, which is cheaper and fails with its zone, rather than one in each."
  type        = bool
}

variable "log_retention_days" {
  description = "How long flow logs are kept, in days."
  type        = number
}

variable "log_key_arn" {
  description = "The KMS key that encrypts log groups."
  type        = string
}
