package finding_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/finding"
)

func TestDecode(t *testing.T) {
	raw := samples()["CIS 1.2.0"]
	arrived := finding.Event{
		Source: "aws.securityhub", ID: "6d3c9d5e", Account: "111122223333", Region: region,
		Time: time.Date(2026, 10, 2, 8, 15, 30, 0, time.UTC),
	}
	imported, click := arrived, arrived
	imported.Kind, imported.DetailType, imported.Findings = finding.Imported, importedType, []finding.Raw{raw}
	click.Kind, click.DetailType, click.Findings = finding.CustomAction, actionType, []finding.Raw{raw, raw}
	click.Action = "arn:aws:securityhub:eu-west-1:111122223333:action/custom/SalveRemediate"
	own := func(kind finding.Kind, verb, run string) finding.Event {
		return finding.Event{Kind: kind, Source: "salve", DetailType: verb, Run: run}
	}
	tests := map[string]struct {
		body string
		want finding.Event
	}{
		"imported":     {string(envelope(t, importedType, raw)), imported},
		"click on two": {string(envelope(t, actionType, raw, raw)), click},
		"sweep":        {`{"salve":"sweep"}`, own(finding.Sweep, "sweep", "")},
		"check":        {`{"salve":"check","run":"r-01"}`, own(finding.Check, "check", "r-01")},
		"own, unknown": {`{"salve":"dance"}`, own(finding.Unknown, "dance", "")},
		"own and foreign at once": {
			`{"salve":"sweep","source":"aws.securityhub"}`, own(finding.Unknown, "sweep", ""),
		},
		"insight": {
			`{"source":"aws.securityhub","detail-type":"Security Hub Insight Results","detail":{}}`,
			finding.Event{Kind: finding.Unknown, Source: "aws.securityhub", DetailType: "Security Hub Insight Results"},
		},
		"OCSF": {
			`{"source":"aws.securityhub","detail-type":"Findings Imported V2","detail":{"findings":[{"time":1}]}}`,
			finding.Event{Kind: finding.Unknown, Source: "aws.securityhub", DetailType: "Findings Imported V2"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := finding.Decode([]byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeMalformed(t *testing.T) {
	good := string(envelope(t, actionType, samples()["FSBP"]))
	swap := func(from, to string) string {
		if !strings.Contains(good, from) {
			t.Fatalf("the sample has no %s", from)
		}
		return strings.Replace(good, from, to, 1)
	}
	long := make([]any, 101)
	tests := map[string]struct{ body, field string }{
		"empty":                  {"", "body"},
		"no JSON":                {"<xml/>", "body"},
		"null":                   {"null", "source"},
		"two values":             {`{"salve":"sweep"}{}`, "body"},
		"too large":              {strings.Repeat(" ", 1<<20+1), "body"},
		"too deep":               {strings.Repeat("[", 20000), "body"},
		"no source":              {`{"detail-type":"x"}`, "source"},
		"no detail-type":         {`{"source":"x"}`, "source"},
		"check without run":      {`{"salve":"check"}`, "run"},
		"check of a hostile run": {`{"salve":"check","run":"a b"}`, "run"},
		"account":                {swap(`"account":"111122223333"`, `"account":"1"`), "account"},
		"region":                 {swap(`"region":"eu-west-1"`, `"region":"x"`), "region"},
		"time":                   {swap(`2026-10-02T08:15:30Z`, `today`), "time"},
		"no detail":              {swap(`"detail":`, `"other":`), "detail"},
		"no findings":            {swap(`"findings":`, `"other":`), "detail.findings"},
		"too many findings":      {string(envelope(t, importedType, long...)), "detail.findings"},
		"a number for a text":    {swap(`"Title":"A title"`, `"Title":1`), "detail"},
		"no action": {
			swap(`"arn:aws:securityhub:eu-west-1:111122223333:action/custom/SalveRemediate"`, ``), "resources",
		},
		"an account twice":         {swap(`"Title":`, `"AwsAccountId":"999999999999","Title":`), "findings"},
		"a Region in other case":   {swap(`"Title":`, `"region":"us-east-1","Title":`), "findings"},
		"a long s for an s":        {swap(`"Title":`, `"AwſAccountId":"999999999999","Title":`), "findings"},
		"a hostile name":           {`{"\u001b[31m":{"a":1,"a":2}}`, "source"},
		"a product field twice":    {swap(`"ControlId":`, `"ControlId":"S3.1","ControlId":`), "ProductFields"},
		"the envelope's key twice": {swap(`"version":`, `"detail":{},"version":`), "body"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := finding.Decode([]byte(test.body))
			var malformed *finding.Malformed
			if !errors.As(err, &malformed) {
				t.Fatalf("got %v, want a Malformed", err)
			}
			if malformed.Field != test.field {
				t.Errorf("got field %s, want %s: %v", malformed.Field, test.field, err)
			}
			if strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), test.field) {
				t.Errorf("the message is %q", err)
			}
			if malformed.Err != nil && !errors.Is(err, malformed.Err) {
				t.Error("the parser's error is not wrapped")
			}
		})
	}
}

// A finding of 240 KB is decoded; what makes it large is not looked at.
func TestDecodeLarge(t *testing.T) {
	body, err := json.Marshal(samples()["FSBP"])
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]any
	if err := json.Unmarshal(body, &raw); err != nil {
		t.Fatal(err)
	}
	tags := map[string]string{"Env": "a", "env": "b"}
	raw["Resources"].([]any)[0].(map[string]any)["Details"] = map[string]any{
		"Other": strings.Repeat("x", 240<<10), "Tags": tags,
	}
	raw["UserDefinedFields"] = tags
	event, err := finding.Decode(envelope(t, importedType, raw))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := event.Identify(event.Findings[0], lists(t)); err != nil {
		t.Error(err)
	}
}

func BenchmarkDecodeAndIdentify(b *testing.B) {
	standards, body := lists(b), envelope(b, importedType, samples()["CIS 1.2.0"])
	b.ReportAllocs()
	for b.Loop() {
		event, err := finding.Decode(body)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := event.Identify(event.Findings[0], standards); err != nil {
			b.Fatal(err)
		}
	}
}
