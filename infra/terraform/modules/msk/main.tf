# Written out, as the resources of a community module cannot be protected from destruction.

locals {
  replication_factor  = 3
  min_insync_replicas = 2

  client_ports = {
    iam           = { port = 9098, description = "Kafka, TLS and IAM" }
    jmx_exporter  = { port = 11001, description = "Open monitoring: brokers" }
    node_exporter = { port = 11002, description = "Open monitoring: machines" }
  }

  client_rules = merge([
    for client, group in var.client_security_group_ids : {
      for rule, allowed in local.client_ports : "${client}-${rule}" => merge(allowed, { group = group })
    }
  ]...)
}

resource "aws_security_group" "brokers" {
  name_prefix = "${var.name}-brokers-"
  description = "Brokers of ${var.name}"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-brokers" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each = local.client_rules

  security_group_id            = aws_security_group.brokers.id
  referenced_security_group_id = each.value.group
  description                  = each.value.description
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_cloudwatch_log_group" "brokers" {
  # checkov:skip=CKV_AWS_338:The environment decides: a year in prod, less where nobody is to be held to account.
  name              = "/aws/msk/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_key_arn
}

resource "aws_msk_configuration" "this" {
  name        = var.name
  description = "Three replicas, two of which must have a message; topics are made on purpose only"

  server_properties = join("\n", [
    "auto.create.topics.enable=false",
    "default.replication.factor=${local.replication_factor}",
    "min.insync.replicas=${local.min_insync_replicas}",
    "unclean.leader.election.enable=false",
    "allow.everyone.if.no.acl.found=false",
    "offsets.topic.replication.factor=${local.replication_factor}",
    "transaction.state.log.replication.factor=${local.replication_factor}",
    "transaction.state.log.min.isr=${local.min_insync_replicas}",
  ])

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_msk_cluster" "this" {
  cluster_name           = var.name
  kafka_version          = var.kafka_version
  number_of_broker_nodes = var.brokers
  enhanced_monitoring    = "PER_TOPIC_PER_BROKER"

  broker_node_group_info {
    instance_type   = var.instance_type
    client_subnets  = var.subnet_ids
    security_groups = [aws_security_group.brokers.id]

    storage_info {
      ebs_storage_info {
        volume_size = var.storage_gib.initial
      }
    }
  }

  client_authentication {
    unauthenticated = false

    sasl {
      iam = true
    }
  }

  encryption_info {
    encryption_at_rest_kms_key_arn = var.storage_key_arn

    encryption_in_transit {
      client_broker = "TLS"
      in_cluster    = true
    }
  }

  configuration_info {
    arn      = aws_msk_configuration.this.arn
    revision = aws_msk_configuration.this.latest_revision
  }

  open_monitoring {
    prometheus {
      jmx_exporter {
        enabled_in_broker = true
      }

      node_exporter {
        enabled_in_broker = true
      }
    }
  }

  logging_info {
    broker_logs {
      cloudwatch_logs {
        enabled   = true
        log_group = aws_cloudwatch_log_group.brokers.name
      }
    }
  }

  lifecycle {
    prevent_destroy = true
    # Grows by itself, below.
    ignore_changes = [broker_node_group_info[0].storage_info[0].ebs_storage_info[0].volume_size]
  }
}

resource "aws_appautoscaling_target" "storage" {
  service_namespace  = "kafka"
  scalable_dimension = "kafka:broker-storage:VolumeSize"
  resource_id        = aws_msk_cluster.this.arn
  min_capacity       = 1
  max_capacity       = var.storage_gib.maximum
}

resource "aws_appautoscaling_policy" "storage" {
  name               = "${var.name}-broker-storage"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.storage.service_namespace
  scalable_dimension = aws_appautoscaling_target.storage.scalable_dimension
  resource_id        = aws_appautoscaling_target.storage.resource_id

  target_tracking_scaling_policy_configuration {
    # Storage cannot be taken back.
    disable_scale_in = true
    target_value     = 60

    predefined_metric_specification {
      predefined_metric_type = "KafkaBrokerStorageUtilization"
    }
  }
}

resource "aws_msk_topic" "this" {
  for_each = var.topics

  cluster_arn        = aws_msk_cluster.this.arn
  name               = each.key
  partition_count    = each.value.partitions
  replication_factor = local.replication_factor
  configs            = jsonencode(merge({ "min.insync.replicas" = tostring(local.min_insync_replicas) }, each.value.configs))

  lifecycle {
    prevent_destroy = true
  }
}
