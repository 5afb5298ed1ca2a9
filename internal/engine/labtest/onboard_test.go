package labtest

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// TestAccountIsOnboardedLater: findings of an account without the role wait,
// however long it takes, are told of once a day, and are fixed once it has it.
func TestAccountIsOnboardedLater(t *testing.T) {
	w := newWorld(t)
	trust := w.distrust(t)
	p := w.start(t)
	buckets := []string{w.bucket(t, nil), w.bucket(t, nil)}
	var ids []string
	for _, b := range buckets {
		id := w.report(t, w.spec(b))
		ids = append(ids, id)
		p.handle(t, w.imported(t, id))
	}
	w.waiting(t, p)
	for _, id := range ids {
		w.says(t, id, hubtypes.WorkflowStatusNew)
	}

	w.trust(t, trust)
	w.clock.Move(5 * time.Minute)
	p.handle(t, enginetest.Sweep()) // the probe, which makes the runs due
	p.handle(t, enginetest.Sweep())
	for i, id := range ids {
		w.says(t, id, hubtypes.WorkflowStatusResolved)
		if !w.blocked(t, buckets[i]) {
			t.Errorf("bucket %s is open", buckets[i])
		}
	}
}

// waiting lets a day and more pass and proves that the runs still wait.
func (w *world) waiting(t *testing.T, p *process) {
	t.Helper()
	for range 6 { // more than any other failure is tried
		w.clock.Move(5 * time.Hour)
		p.handle(t, enginetest.Sweep())
	}
	for _, r := range w.runs(t) {
		if r.Status != run.StatusDeferred || r.State != run.StateClaimed {
			t.Errorf("run %s is %s, %s", r.ID, r.State, r.Status)
		}
	}
	told := p.told()
	if len(told) != 2 { // the first day, and the second
		t.Errorf("told %d times: %+v", len(told), told)
	}
	for _, n := range told {
		if n.Kind != notice.NotOnboarded || n.Account != w.member {
			t.Errorf("told %+v", n)
		}
	}
}

const memberRole = "salve-remediation"

// distrust lets nobody into the member, as before it was onboarded, until the
// test ends. It returns the trust policy there was.
func (w *world) distrust(t *testing.T) string {
	t.Helper()
	client := iam.NewFromConfig(w.Root(w.member))
	out, err := client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String(memberRole)})
	if err != nil {
		t.Fatal(err)
	}
	was, err := url.PathUnescape(aws.ToString(out.Role.AssumeRolePolicyDocument)) // IAM writes it so
	if err != nil {
		t.Fatal(err)
	}
	w.trust(t, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`)
	t.Cleanup(func() { w.trust(t, was) })
	return was
}

func (w *world) trust(t *testing.T, policy string) {
	t.Helper()
	client := iam.NewFromConfig(w.Root(w.member))
	_, err := client.UpdateAssumeRolePolicy(context.WithoutCancel(t.Context()), &iam.UpdateAssumeRolePolicyInput{
		RoleName: aws.String(memberRole), PolicyDocument: &policy,
	})
	if err != nil {
		t.Fatal(err)
	}
}
