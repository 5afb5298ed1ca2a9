package redshift_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshift"
	"github.com/aws/aws-sdk-go-v2/service/redshift/types"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/redshift"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// rebooted is a Redshift whose parameter groups have values, which clusters take at their next reboot: the emulator has
// neither.
type rebooted struct {
	mu       sync.Mutex
	required map[string]bool // by parameter group
	enforced map[string]bool // by cluster, as it runs
	groups   map[string]string
}

// ServeHTTP answers the calls that the emulator does not know, and what it says of the values of a group.
func (r *rebooted) ServeHTTP(w http.ResponseWriter, in *http.Request) {
	_ = in.ParseForm()
	switch action := in.Form.Get("Action"); action {
	case "ModifyClusterParameterGroup", "RebootCluster":
		_, _ = fmt.Fprintf(w, "<%[1]sResponse><%[1]sResult/></%[1]sResponse>", action)
	case "DescribeClusterParameters":
		r.mu.Lock()
		defer r.mu.Unlock()
		_, _ = fmt.Fprintf(w, "<%[1]sResponse><%[1]sResult><Parameters><Parameter><ParameterName>require_ssl</ParameterName>"+
			"<ParameterValue>%[2]t</ParameterValue></Parameter></Parameters></%[1]sResult></%[1]sResponse>",
			action, r.required[in.Form.Get("ParameterGroupName")])
	default:
		w.WriteHeader(http.StatusNotImplemented)
	}
}

// amend keeps what was asked for, and shows it.
func (r *rebooted) amend(in, out any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch in := in.(type) {
	case *redshift.ModifyClusterParameterGroupInput:
		r.required[*in.ParameterGroupName] = *in.Parameters[0].ParameterValue == "true"
	case *redshift.ModifyClusterInput:
		if in.ClusterParameterGroupName != nil {
			r.groups[*in.ClusterIdentifier] = *in.ClusterParameterGroupName
		}
	case *redshift.RebootClusterInput:
		r.enforced[*in.ClusterIdentifier] = r.required[r.groups[*in.ClusterIdentifier]]
	}
	if clusters, ok := out.(*redshift.DescribeClustersOutput); ok {
		for i, c := range clusters.Clusters {
			if len(c.ClusterParameterGroups) != 1 {
				continue
			}
			group := *c.ClusterParameterGroups[0].ParameterGroupName
			r.groups[*c.ClusterIdentifier] = group
			if r.enforced[*c.ClusterIdentifier] != r.required[group] {
				clusters.Clusters[i].ClusterParameterGroups[0].ParameterApplyStatus = aws.String("pending-reboot")
			}
		}
	}
}

func TestRequireTLS(t *testing.T) {
	is := &rebooted{required: map[string]bool{}, enforced: map[string]bool{}, groups: map[string]string{}}
	group := func(ctx context.Context, t *testing.T, root aws.Config, resource, name string) {
		t.Helper()
		client := redshift.NewFromConfig(root)
		_, err := client.CreateClusterParameterGroup(ctx, &redshift.CreateClusterParameterGroupInput{
			ParameterGroupName: &name, ParameterGroupFamily: aws.String("redshift-1.0"), Description: aws.String("theirs"),
		})
		if err != nil && !strings.Contains(err.Error(), "AlreadyExists") {
			t.Fatal(err)
		}
		playbooktest.Got(client.ModifyCluster(ctx, &redshift.ModifyClusterInput{
			ClusterIdentifier: id(resource), ClusterParameterGroupName: &name,
		}))(t)
	}
	playbooktest.Run(t, playbooktest.Suite{
		World:   playbooktest.Amended(playbooktest.Serving(t, "redshift", is), is.amend),
		Control: playbooktest.Pick(t, playbook.RequireTLS(), "Redshift.2"),
		Seed:    newCluster, Foreign: []string{clusters + "*", clusters + "a--b", clusters + "A"},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			t.Helper()
			c := playbooktest.Got(redshift.NewFromConfig(root).DescribeClusters(ctx, &redshift.DescribeClustersInput{
				ClusterIdentifier: id(resource),
			}))(t).Clusters[0]
			is.mu.Lock()
			defer is.mu.Unlock()
			return []any{
				strings.ReplaceAll(*c.ClusterParameterGroups[0].ParameterGroupName, *id(resource), "CLUSTER"),
				is.enforced[*id(resource)], *c.PreferredMaintenanceWindow,
			}
		},
		Disturb: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			group(ctx, t, root, resource, "theirs-"+*id(resource))
		},
		Unrelated:   modify(redshift.ModifyClusterInput{PreferredMaintenanceWindow: aws.String("sun:05:00-sun:05:30")}),
		DisturbFact: modify(redshift.ModifyClusterInput{AllowVersionUpgrade: aws.Bool(true)}),
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			t.Helper()
			playbooktest.Got(redshift.NewFromConfig(root).DeleteCluster(ctx, &redshift.DeleteClusterInput{
				ClusterIdentifier: id(resource), SkipFinalClusterSnapshot: aws.Bool(true),
			}))(t)
		},
		Skip: map[string]string{playbooktest.CaseNarrow: "the lab cannot tell which cluster a call of Redshift is about"},
	})
}

// tls answers about a cluster with a parameter group, in which some clusters more are.
func tls(group, value, status string, list []types.ClusterParameterStatus, others ...string) playbooktest.StandIn {
	of := func(name string) types.Cluster {
		return types.Cluster{
			ClusterIdentifier: &name, ClusterStatus: aws.String("available"),
			ClusterParameterGroups: []types.ClusterParameterGroupStatus{{
				ParameterGroupName: &group, ParameterApplyStatus: &status, ClusterParameterStatusList: list,
			}},
		}
	}
	is := playbooktest.Answers(&redshift.DescribeClusterParametersOutput{Parameters: []types.Parameter{
		{ParameterName: aws.String("require_ssl"), ParameterValue: &value},
	}})
	is["DescribeClusters"] = func(in any) (any, error) {
		out := &redshift.DescribeClustersOutput{Clusters: []types.Cluster{of("sales")}}
		if in.(*redshift.DescribeClustersInput).ClusterIdentifier == nil {
			for _, other := range others {
				out.Clusters = append(out.Clusters, of(other))
			}
		}
		return out, nil
	}
	is["DescribeClusterParameterGroups"] = func(in any) (any, error) {
		asked := in.(*redshift.DescribeClusterParameterGroupsInput)
		family := map[string]string{aws2: "redshift-2.0", "old": "redshift-1.0"}[*asked.ParameterGroupName]
		if family == "" {
			return nil, &types.ClusterParameterGroupNotFoundFault{}
		}
		return &redshift.DescribeClusterParameterGroupsOutput{ParameterGroups: []types.ClusterParameterGroup{
			{ParameterGroupFamily: &family},
		}}, nil
	}
	return is
}

const aws2 = "default.redshift-2.0"

// AWS looks at the parameter of the cluster's group. What waits for a reboot is not enforced.
func TestLineOfTLS(t *testing.T) {
	status := func(name, status string) []types.ClusterParameterStatus {
		return []types.ClusterParameterStatus{{ParameterName: &name, ParameterApplyStatus: &status}}
	}
	stopped := tls("sales", "false", "in-sync", nil)
	paused := playbooktest.Answers(&redshift.DescribeClustersOutput{Clusters: []types.Cluster{{
		ClusterIdentifier: aws.String("sales"), ClusterStatus: aws.String("paused"),
		ClusterParameterGroups: []types.ClusterParameterGroupStatus{{
			ParameterGroupName: aws.String("sales"), ParameterApplyStatus: aws.String("in-sync"),
		}},
	}}})
	stopped["DescribeClusters"] = paused["DescribeClusters"]
	none := tls("sales", "true", "in-sync", nil)
	unsaid := playbooktest.Answers(&redshift.DescribeClusterParametersOutput{})
	none["DescribeClusterParameters"] = unsaid["DescribeClusterParameters"]
	c := playbooktest.Pick(t, playbook.RequireTLS(), "Redshift.2")
	playbooktest.Judged(t, c, clusters+"sales", map[string]playbooktest.Shape{
		"AWS's own group":       {Answers: tls(aws2, "false", "in-sync", nil, "other"), Fails: true},
		"off":                   {Answers: tls("sales", "false", "in-sync", nil), Fails: true},
		"on":                    {Answers: tls("sales", "true", "in-sync", nil, "other")},
		"on, parameter by name": {Answers: tls("sales", "true", "in-sync", status("require_ssl", "in-sync"))},
		"on, to be rebooted":    {Answers: tls("sales", "true", "pending-reboot", nil), Fails: true},
		"on, by name": {
			Answers: tls("sales", "true", "in-sync", status("require_ssl", "pending-reboot")), Fails: true,
		},
		"on, another waits": {Answers: tls("sales", "true", "pending-reboot", status("wlm_json", "pending-reboot"))},
		"off, another waits": {
			Answers: tls("sales", "false", "in-sync", status("wlm_json", "pending-reboot")),
			Class:   fault.Refused,
			Words:   []string{"wlm_json"},
		},
		"off, of two clusters": {
			Answers: tls("sales", "false", "in-sync", nil, "other"), Class: fault.Refused, Words: []string{"other"},
		},
		"a group of another age": {
			Answers: tls(aws2, "false", "in-sync", nil),
			Params:  map[string]any{"parameterGroupName": "old"},
			Class:   fault.Refused,
			Words:   []string{"redshift-1.0"},
		},
		"paused":   {Answers: stopped, Class: fault.Refused, Words: []string{"resume"}},
		"not said": {Answers: none, Class: fault.Invalid},
	})
}

// A group of the cluster's own is changed and not replaced, and the reboot comes last.
func TestOwnGroupIsChanged(t *testing.T) {
	c, sent := playbooktest.Pick(t, playbook.RequireTLS(), "Redshift.2"), []string(nil)
	is := tls("sales", "false", "in-sync", nil)
	for _, out := range []any{&redshift.ModifyClusterParameterGroupOutput{}, &redshift.RebootClusterOutput{}} {
		for operation, answer := range playbooktest.Answers(out) {
			is[operation] = func(in any) (any, error) {
				sent = append(sent, operation)
				return answer(in)
			}
		}
	}
	env := playbooktest.Env(t, c, clusters+"sales", playbooktest.Unplugged(), is)
	plan := playbooktest.Planned(t, c, env, "  ~ Enforced: false → true\n  ~ RequireSSL: false → true\n")
	playbooktest.Done(t, c.Apply(t.Context(), env, plan))
	if d := cmp.Diff([]string{"ModifyClusterParameterGroup", "RebootCluster"}, sent); d != "" {
		t.Errorf("sent (-want +got):\n%s", d)
	}
}
