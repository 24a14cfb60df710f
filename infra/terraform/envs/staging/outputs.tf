output "cluster" {
  description = "The Kubernetes cluster, and what Karpenter's chart is told."
  value       = module.environment.cluster
}

output "settings" {
  description = "Settings of the processes (docs/operations.md) that this environment decides."
  value       = module.environment.settings
}

output "region" {
  description = "The region, as charts are told."
  value       = module.environment.region
}

output "vpc_id" {
  description = "The VPC, as the chart of the load balancer controller is told."
  value       = module.environment.vpc_id
}

output "topics" {
  description = "Kafka's topics."
  value       = module.environment.topics
}

output "role_arns" {
  description = "The role of each service account."
  value       = module.environment.role_arns
}

output "secret_arns" {
  description = "Secrets, whose values people put in."
  value       = module.environment.secret_arns
}

output "repository_urls" {
  description = "Image repositories."
  value       = module.environment.repository_urls
}

output "ci" {
  description = "The pipeline's role, and the key that signs images."
  value       = module.environment.ci
}

output "backups" {
  description = "Where backups are."
  value       = module.environment.backups
}

output "mongodb_endpoint_id" {
  description = "The endpoint that MongoDB Atlas is told of, or null."
  value       = module.environment.mongodb_endpoint_id
}

output "observability" {
  description = "Where metrics go, and the topic that alerts are sent to."
  value       = module.environment.observability
}

output "nat_public_ips" {
  description = "The addresses from which the system reaches others."
  value       = module.environment.nat_public_ips
}
