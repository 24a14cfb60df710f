output "prometheus_endpoint" {
  description = "Where Prometheus writes to (api/v1/remote_write) and Grafana asks."
  value       = aws_prometheus_workspace.this.prometheus_endpoint
}

output "alerts_topic_arn" {
  description = "The topic that alerts are sent to."
  value       = aws_sns_topic.alerts.arn
}
