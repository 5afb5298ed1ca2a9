package resource_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/salve-security/salve/internal/enable"
	"github.com/salve-security/salve/internal/enable/resource"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
)

// doorman answers AssumeRole: a stand-in, because the organization of these tests takes everybody for who he says he
// is.
type doorman struct {
	mu    sync.Mutex
	asked []url.Values
	deny  bool
}

func (d *doorman) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, form)
	if d.deny {
		return answered(http.StatusForbidden, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized to `+
			`perform: sts:AssumeRole</Message></Error></ErrorResponse>`), nil
	}
	return answered(http.StatusOK, fmt.Sprintf(`<AssumeRoleResponse><AssumeRoleResult><Credentials>`+
		`<AccessKeyId>key-%d</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>`+
		`<Expiration>2999-01-01T00:00:00Z</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>a</AssumedRoleId>`+
		`<Arn>arn:aws:sts::1:assumed-role/r/s</Arn></AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>`,
		len(d.asked))), nil
}

func answered(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

func roles(ctx context.Context, d *doorman) *enable.Roles {
	return resource.Roles(ctx, aws.Config{
		Region: home, HTTPClient: d, RetryMaxAttempts: 1, BaseEndpoint: aws.String("http://sts"),
		Credentials: credentials.NewStaticCredentialsProvider("own", "s", ""),
	}, "999999999999", "aws-cn", "Entry")
}

// TestOwnAccount needs no role.
func TestOwnAccount(t *testing.T) {
	d := &doorman{}
	own, err := roles(t.Context(), d).As("999999999999", other)
	if err != nil || own.Region != other || len(d.asked) != 0 {
		t.Errorf("%v, %s, %d", err, own.Region, len(d.asked))
	}
}

// TestRoles: others are entered once for all their Regions.
func TestRoles(t *testing.T) {
	d := &doorman{}
	r := roles(t.Context(), d)
	for _, region := range []string{home, other} {
		cfg, err := r.As("111111111111", region)
		if err != nil {
			t.Fatal(err)
		}
		key, err := cfg.Credentials.Retrieve(t.Context())
		if err != nil || key.AccessKeyID != "key-1" || cfg.Region != region {
			t.Errorf("%v, %s in %s", err, key.AccessKeyID, cfg.Region)
		}
	}
	if len(d.asked) != 1 {
		t.Fatalf("asked %d times", len(d.asked))
	}
	asked := d.asked[0]
	if asked.Get("RoleArn") != "arn:aws-cn:iam::111111111111:role/Entry" || asked.Get("RoleSessionName") != names.Enabler {
		t.Errorf("%v", asked)
	}
}

// TestSession: it may no more than switch services on, whatever the role may.
func TestSession(t *testing.T) {
	d := &doorman{}
	if _, err := roles(t.Context(), d).As("111111111111", home); err != nil {
		t.Fatal(err)
	}
	policy := d.asked[0].Get("Policy")
	if len(policy) > 2048 || !strings.Contains(policy, `"guardduty:*"`) {
		t.Errorf("%d characters: %s", len(policy), policy)
	}
	for _, wide := range []string{`"*:*"`, `"Action":["*"`, `"iam:*"`, `"sts:`, `"s3:`} {
		if strings.Contains(policy, wide) {
			t.Errorf("%s in %s", wide, policy)
		}
	}
}

// TestRoleThatIsShut: the sentence says which role has to trust whom.
func TestRoleThatIsShut(t *testing.T) {
	d := &doorman{deny: true}
	_, err := roles(t.Context(), d).As("111111111111", home)
	if fault.Of(err) != fault.Denied ||
		!strings.Contains(
			err.Error(),
			"the role Entry of account 111111111111 does not let the function in; it must trust 999999999999",
		) {
		t.Errorf("%v", err)
	}
}

// TestRolesEndWithTheRequest: nobody is entered any more when the work was stopped.
func TestRolesEndWithTheRequest(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := &doorman{}
	if _, err := roles(ctx, d).As("111111111111", home); err == nil || len(d.asked) != 0 {
		t.Errorf("%v, asked %d times", err, len(d.asked))
	}
}
