package resource

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/enable"
	"github.com/salve-security/salve/internal/plain"
)

// TestTold is the text of a run, as people read it in the events of the stack.
func TestTold(t *testing.T) {
	rows := []enable.Row{
		{
			Service: "guardduty",
			Region:  "eu-central-1",
			Step:    "accounts",
			State:   enable.Failed,
			Account: enable.SomeAccounts,
			Detail:  "2 accounts not taken",
		},
		{
			Service: "guardduty",
			Region:  "eu-central-1",
			Step:    "accounts",
			State:   enable.Failed,
			Account: "222222222222",
			Detail:  "suspended",
		},
		{
			Service: "guardduty",
			Region:  "eu-central-1",
			Step:    "accounts",
			State:   enable.Failed,
			Account: "333333333333",
			Detail:  "suspended",
		},
		{
			Service: "inspector",
			Region:  "eu-central-1",
			Step:    "delegated administrator",
			State:   enable.Blocked,
			Detail:  "denied",
		},
		{Service: "inspector", Region: "eu-west-1", Step: "delegated administrator", State: enable.Blocked, Detail: "denied"},
		{Service: "inspector", Region: "eu-central-1", Step: "accounts", State: enable.Untried, Detail: "because"},
		{Service: "inspector", Region: "eu-central-1", Step: "new accounts", State: enable.Untried, Detail: "because"},
		{Service: "inspector", Region: "eu-north-1", Step: "delegated administrator", State: enable.Unsupported},
		{Service: "securityhub", Region: "eu-central-1", Step: "accounts", State: enable.Done},
		{Service: "securityhub", Region: "eu-west-1", Step: "accounts", State: enable.Left},
	}
	got := told(t.Context(), rows, "Go on.")
	want := answer{
		status: cfn.StatusFailed,
		open:   7,
		text: "7 of 10 steps are not done: 3 failed, 2 blocked, 2 not tried. " +
			"What is done stays done: 1 done, 1 left alone, 1 unsupported. Go on." +
			" | inspector, delegated administrator, blocked: denied (eu-central-1, eu-west-1)" +
			" | guardduty, accounts, failed: 2 accounts not taken (eu-central-1)" +
			" | guardduty, accounts, failed: suspended (222222222222 eu-central-1, 333333333333 eu-central-1)" +
			" | inspector, 2 steps, not tried: because (eu-central-1)",
	}
	if got != want {
		t.Errorf("%s", cmp.Diff(want.text, got.text))
	}
	if got := told(t.Context(), nil, ""); got.text != "0 steps: nothing." || got.status != cfn.StatusSuccess {
		t.Errorf("%+v", got)
	}
}

// TestFitted: an answer is never too long, its beginning stays, and what JSON makes longer counts.
func TestFitted(t *testing.T) {
	for name, unit := range map[string]string{
		"plain": "word ", "wide": "日本語", "quotes": `"\`, "brackets": "<&>", "broken": "\xff\xfe", "control": "\x01\x02",
	} {
		for _, n := range []int{1, 500, 1300, 4000, 9000} {
			r := &cfn.Response{
				Status: cfn.StatusSuccess, StackID: strings.Repeat("s", 200), PhysicalResourceID: "id",
				Reason: "How it ended. " + strings.Repeat(unit, n),
			}
			r.Data = map[string]any{"Open": "1", "Summary": plain.Cut(plain.Line(r.Reason), maxOutput)}
			body, err := fitted(r)
			if err != nil || len(body) > maxAnswer {
				t.Errorf("%s: %v, %d bytes", name, err, len(body))
			}
			var back cfn.Response
			if err := json.Unmarshal(body, &back); err != nil || !strings.HasPrefix(back.Reason, "How it ended.") {
				t.Errorf("%s: %v in %s", name, err, body)
			}
			if bytes.Contains(body, []byte(`\u003c`)) {
				t.Errorf("%s is longer than it must be", name)
			}
		}
	}
}

// TestFittedUsesTheRoom: what is cut is cut where it has to be.
func TestFittedUsesTheRoom(t *testing.T) {
	body, err := fitted(&cfn.Response{Status: cfn.StatusFailed, Reason: strings.Repeat("x", 9000)})
	if err != nil || len(body) != maxAnswer {
		t.Errorf("%v, %d bytes", err, len(body))
	}
}

// TestDecode: CloudFormation makes a text of everything.
func TestDecode(t *testing.T) {
	tests := map[string]struct {
		given string
		want  properties
	}{
		"texts": {
			`{"administrator":"111111111111","Regions":["a"," b ",""],"Strict":"true","Services":{
			"accessanalyzer":{"Unused":"true"},"Config":{"Recorders":"False","Bucket":"b"},"Macie":"true","Detective":"false"}}`,
			properties{
				Administrator: "111111111111", Regions: []string{"a", "b"}, Strict: true, Services: enable.Chosen{
					AccessAnalyzer: &enable.AccessAnalyzerWish{Unused: true}, Config: &enable.ConfigWish{Bucket: "b"},
					Macie: &enable.MacieWish{},
				},
			},
		},
		"types": {
			`{"Strict":true,"Administrator":111111111111,"Services":{"Macie":{},"GuardDuty":true,"Inspector":false}}`,
			properties{
				Strict: true, Administrator: "111111111111",
				Services: enable.Chosen{Macie: &enable.MacieWish{}, GuardDuty: &enable.GuardDutyWish{}},
			},
		},
		"lists": {
			`{"Regions":"a, b,","Services":{"Inspector":{"Scans":[]},"GuardDuty":{"Plans":[""]},
			"SecurityHub":{"Standards":""}}}`,
			properties{Regions: []string{"a", "b"}, Services: enable.Chosen{
				Inspector: &enable.InspectorWish{Scans: []string{}}, GuardDuty: &enable.GuardDutyWish{Plans: []string{}},
				SecurityHub: &enable.SecurityHubWish{Standards: []string{}},
			}},
		},
		"left out": {`{"Regions":null,"Services":{"Macie":null}}`, properties{}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := decoded(t, tc.given)
			if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
				t.Errorf("%v: %s", err, diff)
			}
		})
	}
}

func decoded(t *testing.T, text string) (properties, error) {
	t.Helper()
	var given map[string]any
	if err := json.Unmarshal([]byte(text), &given); err != nil {
		t.Fatal(err)
	}
	var got properties
	err := decode("", given, reflect.ValueOf(&got).Elem())
	return got, err
}

// TestDecodeRefuses: what is misspelt, or not what it should be, is named.
func TestDecodeRefuses(t *testing.T) {
	for name, tc := range map[string]struct{ given, want string }{
		"unknown":         {`{"Region":"a"}`, "Region is not known: use ServiceToken, "},
		"unknown service": {`{"Services":{"Waf":{}}}`, "Services.Waf is not known: use SecurityHub, "},
		"unknown field":   {`{"Services":{"guardduty":{"Plan":"x"}}}`, "Services.GuardDuty.Plan is not known: use Plans"},
		"no fields":       {`{"Services":{"Macie":{"x":"y"}}}`, "Services.Macie.x is not known: nothing can be chosen there"},
		"twice":           {`{"home":"a","Home":"b"}`, "home stands there twice"},
		"no boolean":      {`{"Strict":"yes"}`, `Strict: "yes" is neither true nor false`},
		"no service":      {`{"Services":{"Macie":"on"}}`, `Services.Macie: "on" is neither`},
		"list for text":   {`{"Home":["a"]}`, "Home: there must be one value"},
		"text for map":    {`{"Services":"all"}`, "Services: there must be names and values"},
		"list for map":    {`{"Services":{"Macie":["a"]}}`, "Services.Macie: there must be names and values"},
		"map in list":     {`{"Regions":[{"a":"b"}]}`, "Regions[0]: there must be one value"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := decoded(t, tc.given); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}

// TestDecodeNumbers: texts of digits are numbers where a document has one.
func TestDecodeNumbers(t *testing.T) {
	var got struct{ Days int }
	err := decode("", map[string]any{"Days": "3"}, reflect.ValueOf(&got).Elem())
	if err != nil || got.Days != 3 {
		t.Errorf("%v, %+v", err, got)
	}
	if err = decode("", map[string]any{"Days": "three"}, reflect.ValueOf(&got).Elem()); fmt.Sprint(
		err,
	) != `Days: "three" is no number` {
		t.Error(err)
	}
}

// TestEveryFieldOfTheDocument: what salve org enable reads can be said in a stack, but for accounts outside of the
// organization: the role of a stack enters none.
func TestEveryFieldOfTheDocument(t *testing.T) {
	document, own := reflect.TypeFor[enable.Wish](), reflect.TypeFor[properties]()
	for i := range document.NumField() {
		f := document.Field(i)
		if f.Tag.Get("yaml") == "-" || f.Name == "Outside" {
			continue
		}
		if there, ok := own.FieldByName(f.Name); !ok || there.Type != f.Type {
			t.Errorf("%s is no property", f.Name)
		}
	}
}

// TestWhatTheFunctionCannot: a service that the document knows and the function does not is refused, not passed over.
func TestWhatTheFunctionCannot(t *testing.T) {
	h := Handler{Region: "eu-central-1", Services: enable.Services()[:1], Known: map[string]string{"fsbp-1.0.0": "arn"}}
	_, _, err := h.read(map[string]any{"Administrator": "111111111111", "Services": map[string]any{"GuardDuty": "true"}})
	if err == nil ||
		!strings.Contains(err.Error(), "Services.GuardDuty: this function cannot switch it on, only securityhub") {
		t.Error(err)
	}
	h.Services = enable.Services()
	if _, _, err = h.read(map[string]any{"Administrator": "111111111111"}); err == nil ||
		!strings.Contains(err.Error(), "choose at least one") {
		t.Error(err)
	}
	p, wish, err := h.read(
		map[string]any{"Administrator": "111111111111", "Services": map[string]any{"GuardDuty": "true"}},
	)
	if err != nil || !p.Strict || p.OnDelete != keep || wish.Home != "eu-central-1" || wish.Services.GuardDuty == nil {
		t.Errorf("%v: %+v, %+v", err, p, wish)
	}
}
