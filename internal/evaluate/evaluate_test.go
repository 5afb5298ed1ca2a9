package evaluate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/evaluate"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/policy"
	"github.com/salve-security/salve/internal/run"
)

const (
	account = "222222222222"
	ssl     = "securityhub-s3-bucket-ssl-requests-only-1a2b3c4d"
	ssh     = "securityhub-restricted-ssh-1a2b3c4d"
	ports   = "securityhub-vpc-sg-restricted-common-ports-1a2b3c4d"
)

// fails are three controls: one of a managed rule, one of a managed rule with another name, one of Security Hub's own.
func fails(id string) (control.Fails, bool) {
	f, known := map[string]control.Fails{
		"S3.5":   {Rule: "s3-bucket-ssl-requests-only"},
		"EC2.13": {Rule: "restricted-ssh"},
		"EC2.18": {Rule: "vpc-sg-restricted-common-ports", Custom: true},
	}[id]
	return f, known
}

// rule is a rule as AWS Config describes it.
type rule struct {
	ConfigRuleName, ConfigRuleArn, CreatedBy, ConfigRuleState string
	Source                                                    map[string]string
}

// of is a rule of Security Hub's, active.
func of(name, owner, identifier string) rule {
	return rule{
		ConfigRuleName: name, CreatedBy: "securityhub.amazonaws.com", ConfigRuleState: "ACTIVE",
		ConfigRuleArn: "arn:aws:config:eu-west-1:" + account +
			":config-rule/aws-service-rule/securityhub.amazonaws.com/config-rule-lcprsx",
		Source: map[string]string{"Owner": owner, "SourceIdentifier": identifier},
	}
}

// config stands in for AWS Config: emulators know neither rules of services nor the evaluation on demand.
type config struct {
	rules   map[string]rule
	answer  string // the code that an evaluation is refused with
	started []string
	calls   int
	opened  []control.SessionRequest
	server  *httptest.Server
}

func serve(t *testing.T, rules ...rule) *config {
	t.Helper()
	c := &config{rules: map[string]rule{}}
	for _, r := range rules {
		c.rules[r.ConfigRuleName] = r
	}
	c.server = httptest.NewServer(c)
	t.Cleanup(c.server.Close)
	return c
}

// Open gives sessions that reach the stand-in.
func (c *config) Open(_ context.Context, r control.SessionRequest) (aws.Config, error) {
	c.opened = append(c.opened, r)
	return aws.Config{
		Region: r.Target.Region, BaseEndpoint: &c.server.URL,
		Credentials:      credentials.NewStaticCredentialsProvider("id", "secret", ""),
		RetryMaxAttempts: 1,
	}, nil
}

// ServeHTTP answers the two calls.
func (c *config) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var in struct{ ConfigRuleNames []string }
	_ = json.Unmarshal(body, &in)
	c.calls++
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	refuse := func(code string) {
		w.Header().Set("X-Amzn-Errortype", code)
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"__type":%q,"message":"no"}`, code)
	}
	var found []rule
	for _, name := range in.ConfigRuleNames {
		known, is := c.rules[name]
		if !is {
			refuse("NoSuchConfigRuleException")
			return
		}
		found = append(found, known)
	}
	switch {
	case operation == "DescribeConfigRules":
		_ = json.NewEncoder(w).Encode(map[string]any{"ConfigRules": found})
	case operation != "StartConfigRulesEvaluation":
		refuse("UnknownOperationException")
	case c.answer != "":
		refuse(c.answer)
	default:
		c.started = append(c.started, in.ConfigRuleNames...)
		_, _ = io.WriteString(w, "{}")
	}
}

func place(rules ...run.Rule) run.Evaluation {
	return run.Evaluation{Account: account, Region: "eu-west-1", Partition: "aws", Rules: rules}
}

// TestAgain: what is asked for is what AWS Config says is Security Hub's rule of the control, and nothing that a
// finding only claims to be.
func TestAgain(t *testing.T) {
	good := of(ssl, "AWS", "S3_BUCKET_SSL_REQUESTS_ONLY")
	with := func(change func(*rule)) rule {
		r := good
		change(&r)
		return r
	}
	const program, not, other = "arn:aws:lambda:eu-west-1:1:function:x", "not Security Hub's", "evaluates something else"
	by := func(service string) rule { return with(func(r *rule) { r.CreatedBy = service }) }
	at := func(part, other string) rule {
		return with(func(r *rule) { r.ConfigRuleArn = strings.Replace(r.ConfigRuleArn, part, other, 1) })
	}
	for name, tc := range map[string]struct {
		control, named string
		rule           rule
		asked          bool
		why            string // it never will be
	}{
		"a managed rule":         {"S3.5", ssl, good, true, ""},
		"one by another name":    {"EC2.13", ssh, of(ssh, "AWS", "INCOMING_SSH_DISABLED"), true, ""},
		"one of Security Hub's":  {"EC2.18", ports, of(ports, "CUSTOM_LAMBDA", program), true, ""},
		"of another control":     {"EC2.13", ssl, good, false, "not what Security Hub calls the rule of EC2.13"},
		"of no control":          {"S3.99", ssl, good, false, "not what Security Hub calls"},
		"gone":                   {"S3.5", ssl, of(ssh, "AWS", "X"), false, "no such rule"},
		"the account's own":      {"S3.5", ssl, by(""), false, not},
		"another service's":      {"S3.5", ssl, by("fms.amazonaws.com"), false, not},
		"beside those":           {"S3.5", ssl, at("aws-service-rule/securityhub.amazonaws.com/", ""), false, not},
		"another account's":      {"S3.5", ssl, at(account, "999999999999"), false, not},
		"another Region's":       {"S3.5", ssl, at("eu-west-1", "us-east-1"), false, not},
		"another managed rule":   {"S3.5", ssl, of(ssl, "AWS", "S3_BUCKET_LOGGING_ENABLED"), false, other},
		"a program":              {"S3.5", ssl, of(ssl, "CUSTOM_LAMBDA", program), false, other},
		"managed, and none such": {"EC2.18", ports, of(ports, "AWS", "RESTRICTED_INCOMING_TRAFFIC"), false, other},
		"being evaluated":        {"S3.5", ssl, with(func(r *rule) { r.ConfigRuleState = "EVALUATING" }), false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c, r := serve(t, tc.rule), run.Rule{Control: tc.control, Name: tc.named}
			got, err := evaluate.Asker{Sessions: c}.Again(t.Context(), place(r), "run", fails)
			if err != nil {
				t.Fatal(err)
			}
			asked := slices.Equal(got.Asked, []run.Rule{r}) && slices.Equal(c.started, []string{tc.named})
			if asked != tc.asked || !tc.asked && len(c.started) > 0 {
				t.Errorf("asked %v, started %v, want %t", got.Asked, c.started, tc.asked)
			}
			if why := got.Not[r]; (why == "") != (tc.why == "") || !strings.Contains(why, tc.why) {
				t.Errorf("not asked because %q, want %q", why, tc.why)
			}
		})
	}
}

// TestSomeOfManyRules: one that is gone keeps none of the others from being asked about, and a call takes 25.
func TestSomeOfManyRules(t *testing.T) {
	rules, wanted := []rule{of(ssh, "AWS", "INCOMING_SSH_DISABLED")}, []run.Rule{{Control: "EC2.13", Name: ssh}}
	for n := range 30 {
		name := fmt.Sprintf("securityhub-s3-bucket-ssl-requests-only-%04d", n)
		wanted = append(wanted, run.Rule{Control: "S3.5", Name: name})
		if n != 7 {
			rules = append(rules, of(name, "AWS", "S3_BUCKET_SSL_REQUESTS_ONLY"))
		}
	}
	c := serve(t, rules...)
	got, err := evaluate.Asker{Sessions: c}.Again(t.Context(), place(wanted...), "run", fails)
	if err != nil || len(got.Asked) != 24 || len(c.started) != 24 || len(got.Not) != 1 || len(c.opened) != 1 {
		t.Errorf(
			"asked about %d, %d started, not about %v, in %d sessions, %v",
			len(got.Asked),
			len(c.started),
			got.Not,
			len(c.opened),
			err,
		)
	}
}

// TestAgainRefused: what passes by itself is told from what does not.
func TestAgainRefused(t *testing.T) {
	for code, want := range map[string]fault.Class{
		"LimitExceededException":         fault.Retry,
		"ResourceInUseException":         fault.Retry,
		"NoSuchConfigRuleException":      fault.Retry,
		"ThrottlingException":            fault.Retry,
		"AccessDeniedException":          fault.Denied,
		"InvalidParameterValueException": fault.Invalid,
	} {
		c := serve(t, of(ssl, "AWS", "S3_BUCKET_SSL_REQUESTS_ONLY"))
		c.answer = code
		got, err := evaluate.Asker{
			Sessions: c,
		}.Again(
			t.Context(),
			place(run.Rule{Control: "S3.5", Name: ssl}),
			"run",
			fails,
		)
		if class := fault.Of(err); class != want || len(got.Asked) > 0 {
			t.Errorf("%s: class %q, want %q; asked %v", code, class, want, got.Asked)
		}
	}
}

// TestSessionOfAnEvaluation: it may do nothing else, and that only with rules of Security Hub's.
func TestSessionOfAnEvaluation(t *testing.T) {
	c := serve(t, of(ssl, "AWS", "S3_BUCKET_SSL_REQUESTS_ONLY"))
	wanted := place(run.Rule{Control: "S3.5", Name: ssl})
	if _, err := (evaluate.Asker{Sessions: c}).Again(t.Context(), wanted, "r1", fails); err != nil {
		t.Fatal(err)
	}
	got, err := policy.SessionOf(c.opened[0])
	want := `{"Version":"2012-10-17","Statement":[` +
		`{"Effect":"Allow","Action":"config:DescribeConfigRules","Resource":"*",` +
		`"Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}},` +
		`{"Effect":"Allow","Action":"config:StartConfigRulesEvaluation","Resource":` +
		`"arn:aws:config:eu-west-1:222222222222:config-rule/aws-service-rule/securityhub.amazonaws.com/*",` +
		`"Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}}]}`
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	if c.opened[0].RunID != "r1" || c.opened[0].Target.Account != account {
		t.Errorf("opened %+v", c.opened[0])
	}
}
