"""Somebody else's consumer: Confluent's client for Python, which knows of this project the topics and the registry only.

Prints all committed messages of the topics, from the first to the last there is, as JSON lines.
"""

import argparse
import json
from datetime import datetime

from confluent_kafka import Consumer, KafkaError, KafkaException
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

parser = argparse.ArgumentParser()
parser.add_argument("--brokers", required=True)
parser.add_argument("--registry", required=True)
parser.add_argument("--group", required=True)
parser.add_argument("topics", nargs="+")
arguments = parser.parse_args()


def as_json(value):
    # avro's timestamps; ISO 8601 as JavaScript writes it
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    raise TypeError(f"{value!r} is not expected")


# Without a timeout the client waits for ever for an answer that a busy registry has lost; with one it asks again.
registry = SchemaRegistryClient({"url": arguments.registry, "timeout": 10})
deserialize = AvroDeserializer(registry)
consumer = Consumer(
    {
        "bootstrap.servers": arguments.brokers,
        "group.id": arguments.group,
        "isolation.level": "read_committed",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
    }
)
consumer.subscribe(arguments.topics)
topics = consumer.list_topics(timeout=30).topics
unread = {(topic, partition) for topic in arguments.topics for partition in topics[topic].partitions}

try:
    while unread:
        message = consumer.poll(60)
        if message is None:
            raise SystemExit(f"Nothing came for 60 s, of {sorted(unread)}.")
        if message.error():
            if message.error().code() != KafkaError._PARTITION_EOF:
                raise KafkaException(message.error())
            unread.discard((message.topic(), message.partition()))
            continue
        context = SerializationContext(message.topic(), MessageField.VALUE, message.headers())
        line = {
            "topic": message.topic(),
            "key": message.key().decode(),
            "headers": [[name, value.decode()] for name, value in message.headers()],
            "record": deserialize(message.value(), context),
        }
        print(json.dumps(line, default=as_json), flush=True)
finally:
    consumer.close()
