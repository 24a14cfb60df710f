variable "repositories" {
  description = "Names of the image repositories."
  type        = set(string)
}

variable "keep_images" {
  description = "How many images a repository keeps: signatures and bills of materials count, so a third of them are versions."
  type        = number

  validation {
    condition     = var.keep_images >= 20
    error_message = "At least twenty images are kept: a roll-back needs those that ran before."
  }
}

variable "replicate_to" {
  description = "Registries that get every image that is pushed here, by digest."
  type = list(object({
    account_id = string
    region     = string
  }))

  validation {
    condition     = alltrue([for target in var.replicate_to : can(regex("^[0-9]{12}$", target.account_id))])
    error_message = "An account id has twelve digits."
  }
}

variable "replicate_from_account_ids" {
  description = "Accounts whose registries may replicate into this one."
  type        = list(string)

  validation {
    condition     = alltrue([for id in var.replicate_from_account_ids : can(regex("^[0-9]{12}$", id))])
    error_message = "An account id has twelve digits."
  }
}
