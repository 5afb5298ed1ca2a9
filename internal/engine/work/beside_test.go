package work_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/run"
)

// openDefault is the default group of a new VPC that lets everybody reach SSH.
func openDefault(t *testing.T, w *enginetest.World) control.Target {
	t.Helper()
	client := ec2.NewFromConfig(w.Root(enginetest.Member))
	vpc, err := client.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.7.0.0/16")})
	if err != nil {
		t.Fatal(err)
	}
	groups, err := client.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{
		Filters: []types.Filter{{Name: aws.String("vpc-id"), Values: []string{*vpc.Vpc.VpcId}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	id := groups.SecurityGroups[0].GroupId
	_, err = client.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: id, IpPermissions: []types.IpPermission{{
			IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22),
			IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return control.Target{
		Account: enginetest.Member, Region: enginetest.Region, Partition: "aws",
		Resource: "arn:aws:ec2:" + enginetest.Region + ":" + enginetest.Member + ":security-group/" + *id,
	}
}

// emptied has EC2.2 empty the group, and returns the run.
func emptied(t *testing.T, w *enginetest.World, p *enginetest.Process, group control.Target) *run.Run {
	t.Helper()
	r, err := p.Apply(t.Context(), work.Request{Control: "EC2.2", Actor: "alice", Scope: enginetest.Region, Target: group})
	if err != nil || r.Status != run.StatusVerified {
		t.Fatalf("apply %+v, %v", r, err)
	}
	return r
}

// TestUndoNamesWhatItOpens: EC2.19 looks at the same group with a state of its
// own. It is read before and after, named, and not held: the group is open.
func TestUndoNamesWhatItOpens(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	group := openDefault(t, w)
	fixed := emptied(t, w, p, group)
	undo, err := p.Undo(t.Context(), fixed.ID, "alice")
	if err != nil || undo.Status != run.StatusUndone || !slices.Equal(undo.Lost, []string{"EC2.19"}) ||
		!strings.Contains(undo.Reason, "not on hold: EC2.19") {
		t.Fatalf("undo %+v, %v", undo, err)
	}
	if again, err := p.Apply(t.Context(), work.Request{
		Control: "EC2.19", Actor: "alice", Scope: enginetest.Region, Target: group,
	}); err != nil || again.Status != run.StatusVerified {
		t.Errorf("apply %+v, %v", again, err)
	}
}

// TestUndoIsNotKeptByOthers: what cannot be read now is neither named nor waited for.
func TestUndoIsNotKeptByOthers(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	_, _, r := w.Repaired(t, p, nil)
	w.Fail("GetBucketPolicy", enginetest.Down())
	undo, err := p.Undo(t.Context(), r.ID, "alice")
	if err != nil || undo.Status != run.StatusUndone || len(undo.Lost) > 0 {
		t.Errorf("undo %+v, %v", undo, err)
	}
}

// TestUndoDoesNotNameWhatWasUnmetBefore: Store.4 has nothing to do with it.
func TestUndoDoesNotNameWhatWasUnmetBefore(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	_, _, r := w.Repaired(t, p, nil)
	undo, err := p.Undo(t.Context(), r.ID, "alice")
	if err != nil || undo.Status != run.StatusUndone || len(undo.Lost) > 0 {
		t.Errorf("undo %+v, %v", undo, err)
	}
}

// TestUndoBesideADefect: a playbook that nobody asked for panics, and only it.
func TestUndoBesideADefect(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	_, _, r := w.Repaired(t, p, nil)
	real, _ := p.Controls.Get("Store.3")
	other, _ := p.Controls.Get("Store.4")
	registry, err := control.NewRegistry(real, control.Of[lazyState]{
		Info:  other.Info,
		Read:  func(context.Context, control.Env) (lazyState, error) { panic("defect") },
		Want:  func(lazyState, control.Env) (lazyState, error) { return lazyState{On: true}, nil },
		Write: func(context.Context, control.Env, lazyState, lazyState) error { return nil },
	}.Control())
	if err != nil {
		t.Fatal(err)
	}
	p.Controls = registry
	w.TakenBack(t, p, r)
}
