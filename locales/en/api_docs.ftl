# The reference of the HTTP API.
title = HTTP API
lead = Every operation, with its scope, parameters, bodies and an example. Programs read the same as an OpenAPI 3.1 document.
document = OpenAPI document
operations = Operations
no-key = No API key
parameters = Parameters
body = Body
body-optional = Body (optional)
example = Example
responses = Responses
response-body = Response body
command = Command
copy-command = Copy the command for “{ $name }”
link = API reference
