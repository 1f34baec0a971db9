-- For wrk: asks for random accounts of bench_entitlement, and looks at each answer.
-- Arguments behind --: TOKEN ACCOUNTS SEED. The last line that it prints is for entitlement.py.

local threads = {}

function setup(thread)
  thread:set("number", #threads + 1)
  table.insert(threads, thread)
end

function init(arguments)
  accounts = tonumber(arguments[2])
  math.randomseed(tonumber(arguments[3]) * 1000 + number)
  head = "GET /v1/entitlements/tenant-%07d/captcha HTTP/1.1\r\nHost: bench\r\n" ..
         "Authorization: Bearer " .. arguments[1] .. "\r\n\r\n"
  answers, other_status, wrong_body = 0, 0, 0
end

function request()
  return string.format(head, math.random(0, accounts - 1))
end

-- What must be answered for an account is a function of its number.
local function is_right(body)
  local name, rest = body:match('^{"account":"tenant%-(%d+)","product":"captcha",(.*)}\n$')
  local account = tonumber(name)
  if account == nil or account >= accounts then return false end
  local wanted
  if account % 10 == 0 then
    wanted = '"allowed":false,"reason":"packs_exhausted","covered_by":"none","left_units":0,"as_of":"'
  else
    wanted = '"allowed":true,"reason":null,"covered_by":"packs","left_units":' ..
             string.format("%d", 7 * account + 3) .. ',"as_of":"'
  end
  return rest:sub(1, #wanted) == wanted and rest:find('Z","age_ms":%d+$') ~= nil
end

function response(status, headers, body)
  answers = answers + 1
  if status ~= 200 then
    other_status = other_status + 1
  elseif not is_right(body) then
    wrong_body = wrong_body + 1
  end
end

function done(summary, latency, requests)
  local seen, other, wrong = 0, 0, 0
  for _, thread in ipairs(threads) do
    seen = seen + thread:get("answers")
    other = other + thread:get("other_status")
    wrong = wrong + thread:get("wrong_body")
  end
  local errors = summary.errors
  print(string.format("RESULT %d %d %d %d %d %d %d %d %d", summary.requests, summary.duration,
                      latency:percentile(50), latency:percentile(99), latency.max, seen, other, wrong,
                      errors.connect + errors.read + errors.write + errors.timeout))
end
