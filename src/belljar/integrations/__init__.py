"""belljar inside other systems: agent frameworks, and clients of the Model Context Protocol.

`pydantic_ai`, `openai_agents` and `langchain` put an agent's tools behind one tool `run_typescript`; what they share is
in `_scripts`. `mcp_server` is the same as an MCP server, and `decisions` keeps what an operator decided for it. Nothing
here is imported before it is used, and each module says what to install where its framework is missing.
"""
