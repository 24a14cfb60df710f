resource "aws_secretsmanager_secret" "this" {
  # checkov:skip=CKV2_AWS_57:Logins of systems that AWS cannot rotate (EventStoreDB, Atlas, the registry); people do, and restart (docs/operations.md).
  for_each = var.secrets

  name                    = "${var.name}/${each.key}"
  description             = each.value
  kms_key_id              = var.key_arn
  recovery_window_in_days = 30

  lifecycle {
    prevent_destroy = true
  }
}
