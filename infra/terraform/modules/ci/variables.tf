variable "name" {
  description = "Prefix of what belongs to the environment."
  type        = string
}

variable "oidc" {
  description = "Who issues the pipeline's tokens, for whom, and whose are believed (sub claims, without wildcards)."
  type = object({
    issuer_url = string
    audience   = string
    subjects   = set(string)
  })

  validation {
    condition     = startswith(var.oidc.issuer_url, "https://") && length(var.oidc.subjects) > 0 && alltrue([for subject in var.oidc.subjects : !strcontains(subject, "*")])
    error_message = "The issuer's URL must begin with https://, and at least one subject must be named in full."
  }
}

variable "cluster_name" {
  description = "The cluster that the pipeline rolls out to."
  type        = string
}

variable "repository_arns" {
  description = "The image repositories that the pipeline pushes to."
  type        = list(string)
}
