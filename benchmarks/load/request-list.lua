-- Sends requests that are ready-made, one after the other and again from the first. Argument: a file of them, each whole, with
-- a zero byte between two. Ends as fixed-request.lua does.

local requests = {}
local at = 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  for text in (file:read("*a") .. "\0"):gmatch("(%Z+)%z") do
    requests[#requests + 1] = text
  end
  file:close()
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '\nRESULT {"requests":%d,"seconds":%f,"failed":%d,"failedStatus":%d,"p50Ms":%f,"p99Ms":%f,"maxMs":%f}\n',
    summary.requests, summary.duration / 1e6, failed, errors.status,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
