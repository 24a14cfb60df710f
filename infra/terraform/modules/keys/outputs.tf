output "customers_key_arn" {
  description = "The key that the processes may use."
  value       = aws_kms_key.customers.arn
}

output "customers_key_alias" {
  description = "KEYS_KMS_KEY_ID of every process."
  value       = aws_kms_alias.customers.name
}

output "storage_key_arn" {
  description = "Encrypts what keeps data."
  value       = aws_kms_key.storage.arn
}

output "secrets_key_arn" {
  description = "Encrypts secrets."
  value       = module.secrets.key_arn
}

output "logs_key_arn" {
  description = "Encrypts log groups."
  value       = module.logs.key_arn
}
