output "bucket" {
  description = "The bucket that backend.hcl names."
  value       = aws_s3_bucket.state.bucket
}
