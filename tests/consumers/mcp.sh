#!/usr/bin/env bash
# A session of the public Python client of the Model Context Protocol with `bohrbug mcp`: it hunts, replays and looks at a step.
# Needs Python 3.10 and a package index; not part of the tests. Call it from the repository's top.
set -euo pipefail
cargo build --quiet --release
program=$PWD/target/release/bohrbug
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet mcp==2.3.0
cat >"$dir/session.py" <<'PYTHON'
import asyncio, json, sys
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

async def main():
    server = StdioServerParameters(command=sys.argv[1], args=["mcp", "--workspace", sys.argv[2]])
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        print("verbs:", ", ".join(tool.name for tool in (await session.list_tools()).tools))

        async def call(verb, **arguments):
            return json.loads((await session.call_tool(verb, arguments)).content[0].text)

        outcome = (await call("hunt", filter="create-vs-verify", revision="v3"))["output"][0]
        print("hunt:", outcome["verdict"], outcome["failure"]["kind"])
        replayed = (await call("replay", trace=outcome["trace"], times=100))["output"][0]
        print("replay:", replayed["verdict"], replayed["times"], "times")
        moment = await call("step", trace=outcome["trace"], step=9)
        print("step 9:", moment["event"]["task"], moment["event"]["operation"], moment["event"]["site"])

asyncio.run(main())
PYTHON
"$dir/venv/bin/python" "$dir/session.py" "$program" "$dir"
