output "archive_bucket" {
  description = "The bucket that keeps backups."
  value       = aws_s3_bucket.archive.bucket
}

output "backup_vault" {
  description = "The vault that keeps copies of volumes."
  value       = aws_backup_vault.volumes.name
}

output "mongodb_endpoint_id" {
  description = "The endpoint that MongoDB Atlas is told of, or null."
  value       = one(aws_vpc_endpoint.mongodb[*].id)
}
