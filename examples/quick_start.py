"""The first five minutes with the official Python SDK: a stream, two messages, and back.

    python3 examples/quick_start.py <OCI config file> <endpoint> <compartment OCID>
"""
import sys

config_path, endpoint, compartment_id = sys.argv[1:]

# region quick-start
import base64

import oci

config = oci.config.from_file(config_path)
admin = oci.streaming.StreamAdminClient(config, service_endpoint=endpoint)
details = oci.streaming.models.CreateStreamDetails(name="greetings-py", partitions=1, compartment_id=compartment_id)
stream = admin.create_stream(details).data
oci.wait_until(admin, admin.get_stream(stream.id), "lifecycle_state", "ACTIVE")

client = oci.streaming.StreamClient(config, service_endpoint=stream.messages_endpoint)
messages = [{"value": base64.b64encode(text.encode()).decode()} for text in ("hello", "world")]
result = client.put_messages(stream.id, {"messages": messages}).data
assert result.failures == 0, result.entries

cursor = client.create_cursor(stream.id, {"partition": "0", "type": "TRIM_HORIZON"}).data.value
texts = [base64.b64decode(message.value).decode() for message in client.get_messages(stream.id, cursor).data]
# endregion quick-start

print(texts)
