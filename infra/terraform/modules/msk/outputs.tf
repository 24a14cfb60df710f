output "cluster_arn" {
  description = "The cluster."
  value       = aws_msk_cluster.this.arn
}

output "bootstrap_brokers" {
  description = "KAFKA_BROKERS of every process, with KAFKA_TLS=true and KAFKA_SASL=aws-msk-iam."
  value       = aws_msk_cluster.this.bootstrap_brokers_sasl_iam
}

output "topics" {
  description = "The topics that are there."
  value       = sort([for topic in aws_msk_topic.this : topic.name])
}
