output "customers_key_arn" {
  description = "The key that the processes may use."
  value       = aws_kms_key.customers.arn
}

output "customers_key_alias" {
  description = "KEYS_KMS_KEY_ID of every process."
  value       = aws_kms_alias.customers.name
}

output "storage_key_arn" {
  description = "Encrypts what keeps data, and every volume."
  value       = aws_kms_key.storage.arn

  # No node is to start before its volumes are encrypted with it.
  depends_on = [aws_ebs_encryption_by_default.this, aws_ebs_default_kms_key.this]
}

output "secrets_key_arn" {
  description = "Encrypts secrets."
  value       = module.secrets.key_arn
}

output "logs_key_arn" {
  description = "Encrypts log groups."
  value       = module.logs.key_arn
}
