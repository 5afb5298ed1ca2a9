package engine_test

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/gate"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
	"github.com/salve-security/salve/internal/run"
)

func rejected(reason string) answer {
	return answer{audit: audit.Rejected, reason: reason, dead: true}
}

func dropped() answer { return answer{audit: audit.Dropped} }

func refused(reason string) answer { return answer{audit: audit.Refused, reason: reason} }

// told is what a person hears who asked for it: such a finding is in Security Hub.
func told(reason string) *answer {
	a := refused(reason)
	a.note = []string{"Salve did not act on ", reason}
	return &a
}

func over(status run.Status, workflow string, note ...string) answer {
	return answer{
		audit: audit.Finished, run: status, status: string(workflow), note: note,
		fixed: status == run.StatusVerified,
	}
}

// body puts another message in the place of the sound one.
func body(text string) func(string, sound) string {
	return func(string, sound) string { return text }
}

// swap replaces what a message says. HUB, ACCOUNT, OTHER, REGION and STORE stand for those of the test.
func swap(old, forged string) func(string, sound) string {
	return func(body string, s sound) string {
		names := strings.NewReplacer(
			"HUB", s.hub, "ACCOUNT", s.account, "OTHER", s.other, "REGION", s.region, "STORE", s.store,
		)
		return strings.ReplaceAll(body, names.Replace(old), names.Replace(forged))
	}
}

// badMessages cannot be read, or are not for us.
func badMessages() map[string]input {
	const findings = `{"source":"aws.securityhub","detail-type":"Security Hub Findings - Imported"`
	return map[string]input{
		"plain text":    {edit: body("hello"), imported: rejected("body")},
		"no object":     {edit: body("[]"), imported: rejected("body")},
		"cut off":       {edit: body(findings), imported: rejected("body")},
		"nothing in it": {edit: body("{}"), imported: rejected("source")},
		"a key twice": {
			edit: swap(`"version":`, `"Source":"salve","version":`), imported: rejected("a key twice"),
		},
		"no findings":             {edit: body(findings + `,"detail":{}}`), imported: rejected("account")},
		"hub of one digit":        {edit: swap(`"account":"HUB"`, `"account":"1"`), imported: rejected("account")},
		"hub in no Region":        {edit: swap(`"region":"REGION"`, `"region":"\u001b[2J"`), imported: rejected("region")},
		"an empty list":           {edit: listOf(0), imported: rejected("0 findings")},
		"too long a list":         {edit: listOf(101), imported: rejected("101 findings")},
		"a list of texts":         {edit: swap(`"findings":[{`, `"findings":["x",{`), imported: rejected("detail")},
		"a text for a list":       {edit: swap(`"Resources":[`, `"Resources":"x","Was":[`), imported: rejected("detail")},
		"a run's key":             {edit: body(`{"salve":"check","run":"../../config"}`), imported: rejected("run")},
		"no run":                  {edit: body(`{"salve":"check"}`), imported: rejected("run")},
		"a run nobody knows":      {edit: body(`{"salve":"check","run":"r-1"}`)},
		"another service":         {edit: swap(`"aws.securityhub"`, `"aws.health"`), imported: dropped()},
		"another event":           {edit: swap("Security Hub Findings - ", "Security Hub Insight "), imported: dropped()},
		"the newer format":        {edit: swap("Security Hub Findings - ", "Findings V2 "), imported: dropped()},
		"a enginetest.Later verb": {edit: body(`{"salve":"dance"}`), imported: dropped()},
		"a posing event":          {edit: body(`{"salve":"sweep","source":"aws.securityhub"}`), imported: dropped()},
	}
}

// listOf repeats the finding of a message.
func listOf(n int) func(string, sound) string {
	return func(body string, _ sound) string {
		head, rest, _ := strings.Cut(body, `"findings":[`)
		finding, tail := rest[:strings.LastIndex(rest, "]},")], rest[strings.LastIndex(rest, "]},"):]
		return head + `"findings":[` + strings.TrimSuffix(strings.Repeat(finding+",", n), ",") + tail
	}
}

// forgedFindings contradict themselves or are of somebody else's making.
// Nothing is done on them, whoever asks. Who clicks on one that Security Hub has
// hears why.
func forgedFindings() map[string]input {
	const id, product = `"Id":"arn:aws:securityhub:`, `"ProductArn":"arn:aws:securityhub:`
	return map[string]input{
		"a finding of another account": {
			edit: swap(`"AwsAccountId":"ACCOUNT`, `"AwsAccountId":"OTHER`), imported: refused("forged_account"),
		},
		"an event of another hub": {edit: swap(`"account":"HUB"`, `"account":"OTHER"`), imported: refused("foreign_hub")},
		"an older format": {
			edit:     swap(`"SchemaVersion":"2018-10-08"`, `"SchemaVersion":"1999-01-01"`),
			imported: refused("unknown_schema"),
			click:    told("unknown_schema"),
		},
		"no format": {
			edit: swap(`"SchemaVersion":`, `"Schema":`), imported: refused("unknown_schema"),
			click: told("unknown_schema"),
		},
		"an id of another account": {
			edit: swap(id+"REGION:ACCOUNT", id+"REGION:OTHER"), imported: refused("forged_account"),
		},
		"an id of another Region": {edit: swap(id+"REGION", id+"eu-west-1"), imported: refused("forged_region")},
		"a finding elsewhere": {
			edit: swap(`"Region":"REGION"`, `"Region":"eu-west-1"`), imported: refused("forged_"), click: told("forged_"),
		},
		"another product": {
			edit: swap("::product/aws/securityhub", "::product/aws/guardduty"), imported: refused("foreign_product"),
		},
		"somebody's own product": {
			edit:     swap(product+"REGION::product/aws/securityhub", product+"REGION:OTHER:product/OTHER/default"),
			imported: refused("foreign_product"),
		},
		"a product elsewhere": {
			edit: swap(product+"REGION", product+"eu-west-1"), imported: refused("forged_product"),
		},
		"another control": {
			edit:     swap(`"SecurityControlId":"Store.3"`, `"SecurityControlId":"Store.1"`),
			imported: refused("forged_control"),
			click:    told("forged_control"),
		},
		"a control no list knows": {edit: swap("Store.3", "Store.303"), imported: refused("unknown_control")},
		"another generator": {
			edit:     swap(`"GeneratorId":"security-control/Store.3"`, `"GeneratorId":"security-control/Door.2"`),
			imported: refused("forged_generator"), click: told("forged_generator"),
		},
		"two resources": {
			edit:     swap(`"Resources":[`, `"Resources":[{"Id":"x"},`),
			imported: refused("forged_fields"),
			click:    told("forged_fields"),
		},
		"no resource": {
			edit: swap(`"Resources":[`, `"Resources":[],"Were":[`), imported: refused("resource"), click: told("resource"),
		},
		"an update at no time": {
			edit: swap(`"UpdatedAt":"`, `"UpdatedAt":"soon `), imported: refused("UpdatedAt"), click: told("UpdatedAt"),
		},
		"an event of another world": {
			edit: swap(`"region":"REGION"`, `"region":"cn-north-1"`), imported: refused("forged_partition"),
		},
	}
}

// forgedResources name something else than a store of the member's.
func forgedResources() map[string]input {
	return map[string]input{
		"another partition": {
			edit: swap(`arn:aws:store:::`, `arn:aws-cn:store:::`), imported: refused("forged_"),
			click: told("forged_"),
		},
		"a store with an owner": {
			edit: swap(`arn:aws:store:::`, `arn:aws:store::OTHER:`), imported: refused("foreign_resource"),
			click: told("foreign_resource"),
		},
		"another kind of thing": {
			edit: swap(`"Type":"AwsStore"`, `"Type":"AwsEc2Instance"`), imported: refused("resource"), click: told("resource"),
		},
		"a wildcard for a store": {
			edit: swap("STORE", "arn:aws:store:::*"), imported: refused("resource"), click: told("resource"),
		},
		"an object in the store": {
			edit: swap("STORE", "STORE/key"), imported: refused("resource"), click: told("resource"),
		},
		"a line break in the ARN": {
			edit: swap("STORE", `STORE\nx`), imported: refused("forged_shape"), click: told("forged_shape"),
		},
		"a resource of 10 kB": {
			edit:     swap("STORE", "arn:aws:store:::"+strings.Repeat("b", 10_000)),
			imported: refused("forged_shape"),
			click:    told("forged_shape"),
		},
	}
}

// closedFindings are not to be acted on. NOTIFIED would bring a suppressed one back and contradict Security Hub on one
// that passed: who clicks gets a note alone.
func closedFindings() map[string]input {
	spec := func(status, record string) func(*labhub.FindingSpec) {
		return func(s *labhub.FindingSpec) { s.Status, s.RecordState = status, record }
	}
	workflow := func(status string) func(string, sound) string {
		return swap(`"Workflow":{"Status":"NEW"}`, `"Workflow":{"Status":"`+status+`"}`)
	}
	aside := func(reason gate.Reason) *answer {
		a := refused(string(reason))
		a.note = []string{"Salve did not act on Store.3", strings.TrimSuffix(reason.Sentence(), ".")}
		return &a
	}
	again := over(run.StatusVerified, "RESOLVED", "Salve fixed Store.3")
	return map[string]input{
		"passed":           {spec: spec("PASSED", "ACTIVE"), click: aside(gate.AlreadyPassed)},
		"no data":          {spec: spec("NOT_AVAILABLE", "ACTIVE"), click: aside(gate.NoCompliance)},
		"archived":         {spec: spec("FAILED", "ARCHIVED"), click: aside(gate.NotActive)},
		"suppressed":       {edit: workflow("SUPPRESSED"), click: aside(gate.IsSuppressed)},
		"a strange status": {edit: workflow("DONE"), click: aside(gate.NoWorkflow)},
		"dealt with":       {edit: workflow("RESOLVED"), click: &again},
		"told before":      {edit: workflow("NOTIFIED"), click: &again},
	}
}

// badSurroundings are sound findings that cannot be helped, or hardly.
func badSurroundings() map[string]input {
	fixed := over(run.StatusVerified, "RESOLVED", "Salve fixed Store.3", "Undo: salve undo r")
	noPlaybook := answer{
		audit: audit.Refused, reason: "no_playbook",
		note: []string{"no playbook for Store.9", "https://docs.aws.amazon.com/console/securityhub/Store.9/remediation"},
	}
	missing := over(run.StatusDenied, "NOTIFIED", "Deploy deploy/member.yaml into account", "Nothing was changed")
	return map[string]input{
		"a control without playbook": {
			spec: func(s *labhub.FindingSpec) { s.Control = "Store.9" }, click: &noPlaybook,
		},
		"240 KB": {
			edit: swap(`"Type":"AwsStore"`, `"Type":"AwsStore","Details":{"Other":{"x":"`+
				strings.Repeat("<", 240<<10)+`"}}`), imported: fixed,
		},
		"tags that differ in case": { // they are the customer's
			edit: swap(`"Type":"AwsStore"`, `"Type":"AwsStore","Tags":{"Name":"a","name":"b"}`), imported: fixed,
		},
		"a deleted finding": { // nobody is left to tell, which is no failure
			edit:     func(body string, s sound) string { return strings.ReplaceAll(body, s.id, s.id[:len(s.id)-4]+"0000") },
			imported: answer{audit: audit.Finished, run: run.StatusVerified, fixed: true},
		},
		"a deleted store": {
			world:    func(_ *testing.T, w *enginetest.World, s sound) { w.Remove(s.store) },
			imported: answer{audit: audit.Deferred, run: run.StatusDeferred, reason: "looks once more"}, // TestStoreGone
		},
		"an account without the role": {
			world:    func(_ *testing.T, w *enginetest.World, _ sound) { w.Distrust(enginetest.Member) },
			imported: answer{audit: audit.Deferred, run: run.StatusDeferred, reason: "AssumeRole", probed: true},
			click:    &missing,
		},
		"a role that may not": {
			world: func(t *testing.T, w *enginetest.World, _ sound) {
				t.Helper()
				w.Forbid("store:PutBlock", "identity-based policy")
			},
			imported: over(run.StatusDenied, "NOTIFIED", "could not fix Store.3", "PutBlock",
				"explicit deny in an identity-based policy", "The resource is as it was"),
		},
	}
}
