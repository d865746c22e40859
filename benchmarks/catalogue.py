"""A catalogue of 1,000 tools, what it costs to tell a model of it, and how well its tools are found.

The catalogue is made up: twenty services of fifty tools each, as twenty MCP servers would bring them, with nine
resources to list, get, create, update and delete under each service's own words, and five actions that only it has. It
is the same on every computer. The questions were written before the search was first run, by somebody who knew the
tools: in other words than their descriptions, as a model asks that has read a user's wish.

`python -m benchmarks.catalogue` prints a table: size of the prompt under several budgets, recall, and times.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any, Final

from belljar.tools import AnyTool, Tool, prompt_text
from belljar.tools._budget import estimated_tokens
from belljar.tools._discovery import discovery_tools
from belljar.tools._search import SearchIndex

BUDGETS: Final = (2_000, 4_000, 8_000, 16_000)
ROUNDS: Final = 5

# One service a paragraph: NAME, style of its names, what it is, what its things belong to, its five verbs. Then its
# resources: NAME: fields of it (= values of its state, where it has one). Then `*` its own actions, with parameters.
_SERVICES: Final = """\
github camel GitHub, repository, list get create update delete
issue: title body labels assignee = open closed all
pull request: title head base draft = open merged closed
branch: name from_sha
release: tag notes prerelease
commit comment: sha body path line
workflow: file_name inputs
repository: owner visibility topics = public private internal
label: color description
milestone: title due_on = open closed
* mergePullRequest: Merge an open pull request into its base branch. number method=merge|squash|rebase
* requestReviewers: Ask people or teams to review a pull request. number reviewers
* searchCode: Find code in all repositories by a query. query language
* rerunFailedJobs: Run again the jobs of a workflow run that failed. run_id
* getFileContents: Read a file or folder at a branch, tag or commit. path ref

gitlab snake GitLab, project, list get create edit delete
merge request: title source_branch target_branch = opened merged closed
pipeline: ref variables = running success failed
job: stage script = pending running failed
project: namespace visibility
group: path parent_id
snippet: title content
environment: external_url tier
runner: token tags = online offline
wiki page: slug content
* accept_merge_request: Merge a merge request once its pipeline has succeeded. iid squash
* retry_pipeline: Start the failed jobs of a pipeline again. pipeline_id
* get_job_log: The console output of a CI job. job_id
* protect_branch: Forbid pushes to a branch except for the given roles. branch push_access_level
* compare_refs: Show the diff between two branches, tags or commits. from_ref to_ref

jira camel Jira, project, list get create edit delete
issue: summary issue_type priority reporter = todo in_progress done
sprint: goal start_date end_date = future active closed
board: name kind
epic: summary color
component: name lead
version: name release_date = released unreleased
worklog: issue_key time_spent started
attachment: issue_key file_name
filter: jql shared_with
* transitionIssue: Move an issue to another status of its workflow. issue_key transition
* assignIssue: Give an issue to a person, or to nobody. issue_key account_id
* addWatcher: Let a person be told of every change of an issue. issue_key account_id
* searchByJql: Find issues with a query in JQL. jql fields
* rankBacklog: Put issues before or after another one in the backlog. issue_keys before

slack camel Slack, workspace, list get create update remove
channel: name topic is_private
message: channel text thread_ts
user group: handle members
reminder: text time user
bookmark: channel link title
file: channel file_name content
canvas: title markdown
emoji: alias image_url
scheduled message: channel text post_at
* postMessage: Post a text to a channel, a thread or a person. channel text thread_ts
* addReaction: React to a message with an emoji. channel timestamp emoji
* inviteToChannel: Bring people into a channel. channel users
* archiveChannel: Close a channel and keep its history. channel
* setStatus: Change the words and the emoji beside your own name. text emoji until

gmail snake Gmail, mailbox, list get create update delete
message: subject sender body = read unread
draft: to subject body
thread: subject participants
label: name color
filter: criteria action
attachment: message_id file_name
contact: email phone
signature: html
forwarding address: email
* send_email: Send a mail to one or more people, with copies and attachments. to cc subject body
* reply_to_message: Answer a mail in its own thread. message_id body
* mark_as_spam: Report a mail as junk and move it away. message_id
* set_vacation_responder: Answer every mail by itself while you are out of office. text start end
* star_message: Put a star on a mail so that it is found again. message_id

calendar camel Google Calendar, calendar, list get create update cancel
event: title start end location = confirmed tentative cancelled
calendar: name time_zone
attendee: event_id email = accepted declined
reminder: event_id minutes_before
room: building capacity
working hours: weekday start end
recurrence: event_id rule
conference link: event_id provider
access rule: email role
* findFreeSlots: When all of several people have time. people duration_minutes between
* respondToInvitation: Accept, decline or maybe an invitation. event_id response=accepted|declined|tentative
* moveEvent: Put an event into another calendar. event_id destination
* quickAdd: Make an event from one sentence such as lunch with Ann tomorrow at noon. text
* importIcs: Take over the events of an iCalendar file. url

drive camel Google Drive, drive, list get create update delete
file: name mime_type parents
folder: name parents
permission: file_id email role
comment: file_id content = open resolved
revision: file_id keep
shared drive: name hidden
shortcut: target_id name
label: file_id field
approval: file_id reviewers = pending approved rejected
* copyFile: Make a second file with the same content. file_id name
* exportDocument: Download a document as PDF, Word or plain text. file_id format=pdf|docx|txt
* moveToTrash: Throw a file away; it can be restored for thirty days. file_id
* uploadFile: Store the bytes of a local file. name content mime_type
* shareByLink: Let everybody who has the link see a file. file_id role

notion snake Notion, workspace, list retrieve create update archive
page: title parent properties
database: title properties
block: page_id kind text
comment: page_id text
user: name email
template: title
view: database_id layout = table board calendar
teamspace: name members
property: database_id kind
* append_blocks: Add paragraphs, headings or lists at the end of a page. page_id blocks
* query_database: The rows of a database that match a filter, sorted. database_id filter sorts
* duplicate_page: Copy a page with everything in it. page_id
* move_page: Hang a page under another parent. page_id parent
* lock_page: Protect a page against accidental edits. page_id

stripe snake Stripe, account, list retrieve create update delete
customer: email name
invoice: customer amount due_date = draft open paid void
payment intent: amount currency customer
subscription: customer price = active past_due canceled
product: name tax_code
price: product unit_amount currency
coupon: percent_off duration
dispute: charge reason evidence
payout: amount destination = pending paid failed
* refund_charge: Give a customer the money of a charge back, all or a part. charge amount reason
* capture_payment: Take the money of a payment that was only authorised. payment_intent amount
* send_invoice: Mail an open invoice to the customer. invoice
* pause_subscription: Stop collecting payment for a while without ending the subscription. subscription until
* get_balance: How much money is available and pending. currency

salesforce camel Salesforce, organisation, list get insert update remove
lead: company email source = new working qualified
account: name industry owner
opportunity: name amount close_date stage
contact: last_name email account_id
campaign: name budget = planned running completed
task: subject due_date who_id
quote: opportunity_id discount
contract: account_id term_months
report: name filters
* convertLead: Turn a qualified lead into an account, a contact and an opportunity. lead_id owner_id
* runSoql: Read records with a SOQL query. query
* mergeAccounts: Join duplicate accounts into one. master_id duplicate_ids
* logCall: Note a phone call with a contact or lead. who_id subject notes
* forecastRevenue: Expected sales by quarter from the open opportunities. quarter

zendesk camel Zendesk, help desk, list show create update delete
ticket: subject requester priority = new open pending solved
macro: title actions
trigger: title conditions
organization: name domain
help article: title body section
agent: email role
satisfaction rating: ticket_id score
view: title conditions
custom field: title kind
* addInternalNote: Write a remark on a ticket that the requester does not see. ticket_id body
* mergeTickets: Join tickets about the same problem. target_id source_ids
* escalateTicket: Hand a ticket to the second level. ticket_id reason
* suggestArticles: Help articles that may answer a question. question
* applyMacro: Do what a macro says to a ticket. ticket_id macro_id

shopify camel Shopify, shop, list get create update delete
product: title vendor price
order: customer line_items = open fulfilled cancelled
customer: email phone
collection: title rules
discount code: code percent_off
inventory level: sku location quantity
gift card: value recipient
shipping zone: countries rates
blog post: title body
* fulfillOrder: Mark the goods of an order as shipped, with a tracking number. order_id tracking_number
* refundOrder: Pay an order back and put the goods on stock again. order_id line_items
* adjustStock: Raise or lower the quantity of an article at a location. sku location delta
* abandonedCheckouts: Carts that were left before payment. since
* publishProduct: Show a product in a sales channel. product_id channel

aws snake AWS, region, list describe create modify delete
s3 bucket: name encryption
ec2 instance: image_id instance_type = running stopped terminated
lambda function: runtime handler memory
iam role: name trust_policy
rds database: engine storage
security group: vpc_id rules
cloudwatch alarm: metric threshold = ok alarm
sqs queue: name visibility_timeout
dynamodb table: name partition_key
* invoke_lambda: Run a function now and wait for its answer. function_name payload
* put_object: Write an object into a bucket. bucket key body
* presign_url: A link that lets somebody download an object for a limited time. bucket key expires_in
* reboot_instance: Restart a virtual machine. instance_id
* estimate_costs: What the account is expected to pay this month by service. group_by

kubernetes camel Kubernetes, namespace, list get apply patch delete
pod: image labels = pending running failed
deployment: image replicas
service: port selector
config map: data
secret: data kind
ingress: host path backend
cron job: schedule image
persistent volume claim: storage_class size
node: taints = ready not_ready
* scaleDeployment: Change how many replicas run. name replicas
* podLogs: What the containers of a pod have printed. name container tail_lines
* rolloutRestart: Start all pods of a deployment anew, one after another. name
* drainNode: Move everything off a node before maintenance. name grace_seconds
* execInPod: Run a command inside a container. name command

postgres snake PostgreSQL, database, list describe create alter drop
table: schema columns
index: table columns method
view: query
role: login password
schema: owner
trigger: table function
sequence: start increment
extension: version
materialized view: query
* run_query: Read rows with a SELECT statement. sql parameters
* explain_query: The plan by which a statement would be executed, with costs. sql analyze
* vacuum_table: Give the space of dead rows back. table full
* kill_session: End a connection that blocks others. pid
* table_sizes: How much disk each table and its indexes take. schema

sentry camel Sentry, organisation, list get create update delete
error issue: level culprit = unresolved resolved ignored
project: platform team
alert rule: conditions actions
release: version commits
team: slug members
dashboard: title widgets
event: issue_id environment
sampling rule: rate condition
monitor: schedule checkin_margin
* resolveIssue: Say that an error has been corrected in a release. issue_id release
* ignoreIssue: Do not tell anybody of this error any more. issue_id until
* stackTrace: Frames and variables of the newest crash of an error. issue_id
* suspectCommits: Which commits have probably brought the error in. issue_id
* uploadSourceMaps: Store source maps, so that minified frames become readable. release files

datadog snake Datadog, account, list get create update delete
monitor: query threshold message = ok warn alert
dashboard: title widgets
synthetic test: url frequency
slo: target timeframe
incident: title severity = active stable resolved
log pipeline: filter processors
notebook: title cells
downtime: scope start end
metric metadata: unit description
* query_metrics: Points of a time series between two times. query from_time to_time
* search_logs: Log lines that match a query. query from_time limit
* mute_monitor: Silence a monitor, for instance during a deployment. monitor_id until
* list_slow_traces: The slowest requests of a service. service percentile
* host_map: Which hosts report, with their load. filter

hr camel the HR system, company, list get add change remove
employee: name department manager start_date
time off request: kind start end = requested approved denied
job opening: title department = open filled
candidate: name email stage
payslip: employee_id month
performance review: employee_id rating
training course: title mandatory
benefit plan: title provider
onboarding task: employee_id title
* approveTimeOff: Grant or refuse somebody's holiday. request_id approve comment
* holidayBalance: How many days of leave an employee has left. employee_id
* orgChart: Who reports to whom. root_id depth
* scheduleInterview: Fix a date for a talk with a candidate. candidate_id interviewer at
* terminateEmployee: End an employment on a date. employee_id last_day reason

travel camel the travel desk, traveller, list get book change cancel
flight: origin destination depart_on cabin
hotel stay: city check_in check_out
rental car: pick_up_at drop_off_at category
train ticket: origin destination class
trip: purpose budget = planned approved done
expense: amount currency category = submitted reimbursed
visa application: country purpose
loyalty card: program number
seat: flight_id row letter
* searchFlights: Connections between two airports with prices. origin destination date passengers
* flightStatus: Whether a flight is on time, delayed or diverted. flight_number date
* convertCurrency: What an amount is worth in other money. amount from_currency to_currency
* weatherForecast: Temperature and rain of the next days at a place. city days
* scanReceipt: Read amount, date and shop from the photo of a receipt. image

home snake the smart home, house, list read add change remove
light: room brightness color = on off
thermostat: room target_celsius
camera: room resolution
door lock: door code = locked unlocked
scene: name actions
automation: trigger actions
speaker: room volume
vacuum robot: room map = cleaning docked
energy meter: phase
* turn_on_lights: Switch the lamps of a room on. room brightness
* set_temperature: Make a room warmer or colder. room celsius
* lock_all_doors: Bolt every door at once. confirm
* camera_snapshot: A picture of what a camera sees now. camera
* start_cleaning: Send the robot to vacuum rooms. rooms
"""

_SERVICE: Final = re.compile(r"(?P<key>\w+) (?P<style>\w+) (?P<title>[^,]+), (?P<scope>[^,]+), (?P<verbs>.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The head of one paragraph."""

    key: str
    style: str
    title: str
    scope: str
    verbs: str

    def tool(self, words: str, description: str, properties: Mapping[str, Any], required: Sequence[str]) -> AnyTool:
        """`words` become the tool's name in the service's own style."""
        parameters = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
        name = f"mcp.{self.key}.{_styled(words, self.style)}"
        return Tool.from_schema(
            _echo, name=name, description=description, parameters=parameters, result=_result(words, properties)
        )


async def _echo(arguments: dict[str, Any]) -> dict[str, Any]:
    return arguments


def catalogue() -> tuple[AnyTool, ...]:
    """All 1,000 tools, new ones at each call."""
    return tuple(made for paragraph in _SERVICES.strip().split("\n\n") for made in _tools_of(paragraph.splitlines()))


def _tools_of(lines: list[str]) -> Iterator[AnyTool]:
    head = _SERVICE.fullmatch(lines[0])
    assert head is not None, lines[0]
    service = Service(**head.groupdict())
    for line in lines[1:]:
        yield from (_action(service, line[2:]),) if line.startswith("* ") else _resource(service, line)


def _action(service: Service, line: str) -> AnyTool:
    name, _, told = line.partition(": ")
    description, _, parameters = told.rpartition(". ")
    properties = {field.partition("=")[0]: _property(field) for field in parameters.split()}
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name).lower()
    return service.tool(words, f"{description}.", properties, list(properties)[:2])


def _resource(service: Service, line: str) -> Iterator[AnyTool]:
    noun, _, told = line.partition(": ")
    fields, _, states = told.partition(" = ")
    values = {field: _property(field) for field in fields.split()}
    state = {"state": _property(f"state={states.replace(' ', '|')}")} if states else {}
    key = f"{noun.replace(' ', '_')}_id"
    own = {key: {"type": "string", "description": f"Id of the {noun}."}}
    several = _plural(noun)
    place = f"the {service.scope} in {service.title}"
    paging = {
        "limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 30},
        "cursor": {"type": "string", "description": "Where the last page ended."},
    }
    lists, gets, creates, updates, deletes = service.verbs.split()
    told_fields = " and ".join(name.replace("_", " ") for name in list(values)[:2])
    yield service.tool(
        f"{lists} {several}", f"{several.capitalize()} of {place}, newest first.", {**state, **paging}, []
    )
    yield service.tool(f"{gets} {noun}", f"One {noun} of {place} with its {told_fields}.", own, [key])
    yield service.tool(f"{creates} {noun}", f"Make a new {noun} for {place}.", values, list(values)[:1])
    yield service.tool(f"{updates} {noun}", f"Alter {_one(noun)}: {told_fields} and more.", own | values | state, [key])
    yield service.tool(f"{deletes} {noun}", f"Take {_one(noun)} out of {place}. This cannot be undone.", own, [key])


_KINDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "is_private": {"type": "boolean"},
    "draft": {"type": "boolean"},
    "prerelease": {"type": "boolean"},
    "amount": {"type": "integer", "minimum": 0, "description": "In the smallest unit of the currency."},
    "number": {"type": "integer", "minimum": 1},
    "limit": {"type": "integer", "minimum": 1, "maximum": 1000},
    "labels": {"type": "array", "items": {"type": "string"}},
    "to": {"type": "array", "items": {"type": "string", "format": "email"}},
    "due_date": {"type": "string", "format": "date"},
}


def _property(field: str) -> dict[str, Any]:
    name, _, values = field.partition("=")
    return {"type": "string", "enum": values.split("|")} if values else dict(_KINDS.get(name, {"type": "string"}))


def _result(words: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    one = {"id": {"type": "string"}, "url": {"type": "string"}, "updated_at": {"type": "string", "format": "date-time"}}
    if "cursor" not in properties:
        return {"type": "object", "properties": one, "required": ["id"]}
    item = {"type": "object", "properties": one, "required": ["id"]}
    pages = {"items": {"type": "array", "items": item}, "next_cursor": {"type": ["string", "null"]}}
    return {"type": "object", "properties": pages, "required": ["items"], "description": f"A page of {words}."}


def _styled(words: str, style: str) -> str:
    first, *others = words.split()
    return "_".join([first, *others]) if style == "snake" else first + "".join(other.capitalize() for other in others)


def _plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return f"{noun[:-1]}ies"
    if noun.endswith("hours"):
        return noun
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


def _one(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"


QUESTIONS: Final = """\
open a new bug report on github = github.createIssue
merge PR #42 with squash = github.mergePullRequest
who should review this pull request = github.requestReviewers
rerun the failed CI checks on github = github.rerunFailedJobs
grep for a function across all our repos = github.searchCode
publish a github release with notes = github.createRelease
read README.md from the main branch on github = github.getFileContents
accept merge request gitlab = gitlab.accept_merge_request
show me the ci job output log = gitlab.get_job_log
retry the pipeline = gitlab.retry_pipeline
compare two branches in gitlab = gitlab.compare_refs
edit gitlab snippet = gitlab.edit_snippet
move a jira ticket to done = jira.transitionIssue
assign this jira issue to Maria = jira.assignIssue
start a new sprint = jira.createSprint
log hours worked on an issue = jira.createWorklog
jql search = jira.searchByJql
post a message to the #general channel = slack.postMessage
react with a thumbs up emoji = slack.addReaction
invite users to slack channel = slack.inviteToChannel
set my slack status to away = slack.setStatus
what channels exist in slack = slack.listChannels
send an email to bob with attachment = gmail.send_email
reply to the last mail = gmail.reply_to_message
turn on the out of office autoreply = gmail.set_vacation_responder
report spam = gmail.mark_as_spam
unread mails in my mailbox = gmail.list_messages
when are Ann and Bob both free for a meeting = calendar.findFreeSlots
schedule a meeting tomorrow at 3pm = calendar.createEvent
accept the meeting invitation = calendar.respondToInvitation
cancel calendar event = calendar.cancelEvent
download google doc as pdf = drive.exportDocument
upload a file to google drive = drive.uploadFile
make a public share link to the file = drive.shareByLink
duplicate a file in drive = drive.copyFile
new folder in google drive = drive.createFolder
append paragraphs to a notion page = notion.append_blocks
filter rows of a notion database = notion.query_database
copy notion page = notion.duplicate_page
refund a payment to the customer = stripe.refund_charge
current stripe balance = stripe.get_balance
create a stripe customer = stripe.create_customer
unpaid invoices in stripe = stripe.list_invoices
temporarily stop a subscription = stripe.pause_subscription
convert a salesforce lead = salesforce.convertLead
merge duplicate accounts = salesforce.mergeAccounts
sales forecast for next quarter = salesforce.forecastRevenue
open opportunities in the CRM = salesforce.listOpportunities
add a private note to a support ticket = zendesk.addInternalNote
escalate to second level support = zendesk.escalateTicket
find a help center article answering a question = zendesk.suggestArticles
ship an order with tracking number = shopify.fulfillOrder
change stock quantity of a sku = shopify.adjustStock
abandoned carts last week = shopify.abandonedCheckouts
issue a gift card = shopify.createGiftCard
call a lambda = aws.invoke_lambda
upload object to s3 = aws.put_object
reboot ec2 instance = aws.reboot_instance
aws bill this month = aws.estimate_costs
temporary download url for an s3 object = aws.presign_url
scale the deployment to 5 replicas = kubernetes.scaleDeployment
container logs of a crashing pod = kubernetes.podLogs
restart all pods of a deployment = kubernetes.rolloutRestart
run a shell command in a pod = kubernetes.execInPod
run sql select query = postgres.run_query
why is this sql slow, show execution plan = postgres.explain_query
which tables use the most disk space = postgres.table_sizes
kill a blocking database connection = postgres.kill_session
mark sentry error as resolved = sentry.resolveIssue
stacktrace of a crash = sentry.stackTrace
which commit introduced this error = sentry.suspectCommits
search logs for timeouts in datadog = datadog.search_logs
silence an alert monitor during deploy = datadog.mute_monitor
plot cpu metric of the last hour = datadog.query_metrics
approve vacation request of an employee = hr.approveTimeOff
how many vacation days do I have left = hr.holidayBalance
set up an interview with a candidate = hr.scheduleInterview
find flights from Berlin to Lisbon = travel.searchFlights
is my flight delayed = travel.flightStatus
euro to dollar exchange rate = travel.convertCurrency
will it rain tomorrow = travel.weatherForecast
book a hotel = travel.bookHotelStay
switch on the living room lights = home.turn_on_lights
make it 21 degrees in the bedroom = home.set_temperature
take a picture with the front camera = home.camera_snapshot
lock the front door = home.lock_all_doors
vacuum the kitchen = home.start_cleaning
"""


def questions() -> tuple[tuple[str, str], ...]:
    """A question and the full name of the one tool that was meant."""
    pairs = [line.rpartition(" = ") for line in QUESTIONS.splitlines()]
    return tuple((asked, f"mcp.{meant}") for asked, _, meant in pairs)


# -- figures ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptFigure:
    """One prompt."""

    max_tokens: int | None
    """None: everything is declared."""
    query: str | None
    tokens: int
    """As `estimated_tokens` counts them."""
    declared: int
    named: int
    """Tools of which the name is told without a declaration."""
    milliseconds: float


def prompt_figure(tools: Sequence[AnyTool], max_tokens: int | None, query: str | None = None) -> PromptFigure:
    """Of the prompt for these tools, discovery tools among them."""
    text, took = timed(lambda: prompt_text(tools, max_tokens=max_tokens, query=query))
    names = [line.partition("): ")[2] for line in text.splitlines() if line.startswith("- tools.")]
    return PromptFigure(
        max_tokens=max_tokens,
        query=query,
        tokens=estimated_tokens(text),
        declared=text.count("): Promise<"),
        named=sum(name != "..." for listed in names for name in listed.split(", ") if name),
        milliseconds=took,
    )


def recall(index: SearchIndex, at: int) -> float:
    """In how many of a hundred questions the tool that was meant is among the first `at`, as a fraction."""
    asked = questions()
    return sum(meant in [tool.name for tool in index.rank(question, at)] for question, meant in asked) / len(asked)


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What the work gives, and the median of its milliseconds over a few rounds."""
    took: list[float] = []
    for _ in range(ROUNDS):
        before = perf_counter()
        result = work()
        took.append((perf_counter() - before) * 1_000)
    return result, median(took)


def main() -> None:
    """Print the tables."""
    tools = catalogue()
    before = perf_counter()
    index = SearchIndex(tools)
    first_ms = (perf_counter() - before) * 1_000
    _, again_ms = timed(lambda: SearchIndex(tools))
    queries = [timed(lambda asked=asked: index.rank(asked, 10))[1] for asked, _ in questions()]  # type: ignore[misc]
    print(_prompt_table(tools))
    print(f"search: {len(queries)} questions on {len(tools):,} tools")
    print("  recall " + ", ".join(f"@{at} {recall(index, at):.1%}" for at in (1, 3, 5, 10)))
    print(f"  index {first_ms:.1f} ms, {again_ms:.1f} ms when the tools were read before")
    print(f"  query {median(queries):.2f} ms, slowest {max(queries):.2f} ms")


def _prompt_table(tools: Sequence[AnyTool]) -> str:
    offered = [*tools, *discovery_tools(lambda: tools)]
    figures = [prompt_figure(tools, None)]
    figures += [prompt_figure(offered, budget, query) for budget in BUDGETS for query in (None, questions()[0][0])]
    lines = [f"{'max_tokens':>10} {'tokens':>8} {'declared':>8} {'named':>6} {'ms':>7}  query"]
    for each in figures:
        budget = "-" if each.max_tokens is None else f"{each.max_tokens:,}"
        row = f"{budget:>10} {each.tokens:>8,} {each.declared:>8,} {each.named:>6,} {each.milliseconds:>7.1f}"
        lines.append(f"{row}  {each.query or '-'}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
