output "role_arn" {
  description = "The role that the pipeline takes on."
  value       = module.role.arn
}

output "signing_key_arn" {
  description = "The key that signs images (cosign: awskms:///<ARN>)."
  value       = module.signing_key.key_arn
}
