output "role_arns" {
  description = "The role of each service account."
  value       = { for account, identity in module.identity : account => identity.iam_role_arn }
}
