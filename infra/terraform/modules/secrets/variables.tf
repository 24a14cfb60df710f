variable "name" {
  description = "Prefix of the secrets' names."
  type        = string
}

variable "secrets" {
  description = "What each secret holds, by its name. Their values are put in by people, and in no state."
  type        = map(string)
}

variable "key_arn" {
  description = "The KMS key that encrypts them."
  type        = string
}
