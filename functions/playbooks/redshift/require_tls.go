package redshift

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshift"
	"github.com/aws/aws-sdk-go-v2/service/redshift/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

const (
	// paramGroup is the parameter with the group for clusters that have AWS's own.
	paramGroup = "parameterGroupName"
	// requireSSL is what Redshift calls it.
	requireSSL = "require_ssl"
)

// requiredTLS is whether a cluster takes connections without TLS. A change of its parameter group is there after a
// reboot.
type requiredTLS struct {
	Group      string
	RequireSSL bool
	Enforced   bool                      // by the cluster as it runs
	Groups     map[string]parameterGroup // the one that is made
	Status     string                    `salve:"fact"` // the cluster's
	Family     string                    `salve:"fact"` // of its group
	Trouble    string                    `salve:"fact"` // why it cannot be changed
}

// parameterGroup is there or not; its name says the rest.
type parameterGroup struct {
	Name string `json:"_Name"`
}

// RequireTLS returns the control that has clusters refuse connections without TLS.
func RequireTLS() []control.Control {
	return []control.Control{control.Of[requiredTLS]{
		Info: control.Info{
			ID: "Redshift.2", Writes: "redshift.cluster.ClusterParameterGroup",
			Effect: "The cluster is rebooted, and all connections and queries end for some minutes. From then on it refuses " +
				"clients that connect without TLS: look in stl_connection_log first who does. A cluster with a parameter group " +
				"of AWS's gets one of its own, with the same values but for this one. Undo takes another reboot.",
			Fails: control.Fails{
				When: "The parameter require_ssl of the cluster's parameter group is not true. Salve also counts a cluster that " +
					"was not rebooted since it is: that takes connections without TLS as before.",
				Rule: "redshift-require-tls-ssl",
			},
			Impact:  control.ImpactInterrupts,
			Pattern: clusterARN,
			Params: []control.Param{{
				Name: paramGroup, Default: "", Pattern: regexp.MustCompile(`^([a-z](?:-?[a-z0-9]){0,254})?$`),
				Meaning: "Parameter group for a cluster that has AWS's own; empty for CLUSTER-tls. Salve makes it where it is " +
					"not there.",
				Form: "the name of a parameter group, or nothing",
			}},
			Actions: []string{
				"redshift:CreateClusterParameterGroup", "redshift:DescribeClusterParameterGroups",
				"redshift:DescribeClusterParameters", "redshift:DescribeClusters", "redshift:ModifyCluster",
				"redshift:ModifyClusterParameterGroup", "redshift:RebootCluster",
			},
			OneWay: map[string]string{"Groups/*": "other clusters may have it by then"},
			Narrow: func(env control.Env) []string {
				return []string{env.Target.Resource, env.Target.ARN("redshift", "parametergroup:*")}
			},
			Settle: control.Settle{Typical: 5 * time.Minute, Within: 2 * time.Hour},
		},
		Read: readTLS, Want: wantTLS, Write: writeTLS,
	}.Control()}
}

// ownGroup is the group that a cluster with AWS's own gets.
func ownGroup(env control.Env) string { return cmp.Or(env.Params.Text(paramGroup), env.Name+"-tls") }

func readTLS(ctx context.Context, env control.Env) (requiredTLS, error) {
	now := requiredTLS{Groups: map[string]parameterGroup{}}
	c, err := describe(ctx, env)
	if err != nil {
		return now, err
	}
	if len(c.ClusterParameterGroups) != 1 {
		return now, fault.New(fault.Invalid, "DescribeClusters answered with %d parameter groups of the cluster",
			len(c.ClusterParameterGroups))
	}
	group := c.ClusterParameterGroups[0]
	now.Group, now.Status = aws.ToString(group.ParameterGroupName), aws.ToString(c.ClusterStatus)
	if now.RequireSSL, err = required(ctx, env, now.Group); err != nil {
		return now, err
	}
	waits, others := waiting(group)
	now.Enforced = now.RequireSSL != waits
	if len(others) > 0 {
		now.Trouble = "a reboot would also bring " + strings.Join(others, ", ") + ": reboot the cluster, or take that back"
	}
	if awsOwn(now.Group) {
		return now, now.replaced(ctx, env)
	}
	if now.Group == ownGroup(env) {
		now.Groups[now.Group] = parameterGroup{now.Group}
	}
	return now, now.shared(ctx, env)
}

// replaced looks for the group that takes the place of AWS's own.
func (now *requiredTLS) replaced(ctx context.Context, env control.Env) (err error) {
	if now.Family, err = familyOf(ctx, env, now.Group); err != nil {
		return err
	}
	own := ownGroup(env)
	family, err := familyOf(ctx, env, own)
	switch {
	case lacks(err):
		return nil // it is made
	case err == nil && family != now.Family:
		now.Trouble = fmt.Sprintf("the parameter group %s is of the family %s, and the cluster of %s: name another in the "+
			"parameter %s", own, family, now.Family, paramGroup)
	case err == nil:
		now.Groups[own] = parameterGroup{own}
	}
	return err
}

// lacks tells that there is no parameter group of a name.
func lacks(err error) bool {
	none := new(types.ClusterParameterGroupNotFoundFault)
	return errors.As(err, &none)
}

// awsOwn tells parameter groups that nobody can change.
func awsOwn(group string) bool { return strings.HasPrefix(group, "default.") }

// required is the value of the parameter in a group.
func required(ctx context.Context, env control.Env, group string) (bool, error) {
	pages := redshift.NewDescribeClusterParametersPaginator(redshift.NewFromConfig(env.Config),
		&redshift.DescribeClusterParametersInput{ParameterGroupName: &group})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, err
		}
		for _, p := range page.Parameters {
			if aws.ToString(p.ParameterName) == requireSSL {
				value, err := kind.Answered(p.ParameterValue, "DescribeClusterParameters", requireSSL)
				return value == "true", err
			}
		}
	}
	return false, fault.New(fault.Invalid, "DescribeClusterParameters answered without %s of %s", requireSSL, group)
}

// waiting tells whether the parameter waits for a reboot, and which others do. Where AWS does not say which, it is this
// one.
func waiting(group types.ClusterParameterGroupStatus) (own bool, others []string) {
	own = aws.ToString(group.ParameterApplyStatus) != "in-sync" && len(group.ClusterParameterStatusList) == 0
	for _, p := range group.ClusterParameterStatusList {
		switch name := aws.ToString(p.ParameterName); {
		case aws.ToString(p.ParameterApplyStatus) == "in-sync":
		case name == requireSSL:
			own = true
		default:
			others = append(others, name)
		}
	}
	return own, others
}

// shared refuses to change what is the parameter group of other clusters too.
func (now *requiredTLS) shared(ctx context.Context, env control.Env) error {
	pages := redshift.NewDescribeClustersPaginator(redshift.NewFromConfig(env.Config), &redshift.DescribeClustersInput{})
	for pages.HasMorePages() && !now.RequireSSL {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, c := range page.Clusters {
			if name := aws.ToString(c.ClusterIdentifier); name != env.Name && in(c, now.Group) {
				now.Trouble = "the parameter group " + now.Group + " is that of the cluster " + name + " too, which would take " +
					"TLS alone after its next reboot: give one of them a group of its own"
			}
		}
	}
	return nil
}

// in tells that a cluster has a parameter group.
func in(c types.Cluster, group string) bool {
	return slices.ContainsFunc(c.ClusterParameterGroups, func(g types.ClusterParameterGroupStatus) bool {
		return aws.ToString(g.ParameterGroupName) == group
	})
}

func familyOf(ctx context.Context, env control.Env, group string) (string, error) {
	out, err := redshift.NewFromConfig(env.Config).DescribeClusterParameterGroups(ctx,
		&redshift.DescribeClusterParameterGroupsInput{ParameterGroupName: &group})
	if err != nil {
		return "", err
	}
	one, err := kind.Only(out.ParameterGroups, "DescribeClusterParameterGroups", "parameter groups", group)
	return aws.ToString(one.ParameterGroupFamily), err
}

func wantTLS(now requiredTLS, env control.Env) (requiredTLS, error) {
	switch {
	case now.RequireSSL && now.Enforced:
		return now, nil
	case now.Trouble != "":
		return now, fault.New(fault.Refused, "%s", now.Trouble)
	case stuck(now.Status):
		return now, refuseStuck(now.Status)
	}
	if awsOwn(now.Group) {
		now.Group = ownGroup(env)
		now.Groups[now.Group] = parameterGroup{now.Group}
	}
	now.RequireSSL, now.Enforced = true, true
	return now, nil
}

// writeTLS changes the group, gives it to the cluster, and reboots. Until the cluster is available after the one it
// takes no other: who comes back goes on where it stopped.
func writeTLS(ctx context.Context, env control.Env, from, to requiredTLS) error {
	if _, err := describe(ctx, env); err != nil { // else a group would be changed for a cluster that is gone
		return err
	}
	if err := groups(from.Family).Write(ctx, env, from.Groups, to.Groups); err != nil {
		return err
	}
	client := redshift.NewFromConfig(env.Config)
	if from.Group == to.Group && from.RequireSSL != to.RequireSSL || from.Group != to.Group && !awsOwn(to.Group) {
		_, err := client.ModifyClusterParameterGroup(ctx, &redshift.ModifyClusterParameterGroupInput{
			ParameterGroupName: &to.Group, Parameters: []types.Parameter{{
				ParameterName: aws.String(requireSSL), ParameterValue: aws.String(strconv.FormatBool(to.RequireSSL)),
			}},
		})
		if err != nil {
			return err
		}
	}
	if from.Group != to.Group {
		_, err := client.ModifyCluster(ctx, &redshift.ModifyClusterInput{
			ClusterIdentifier: &env.Name, ClusterParameterGroupName: &to.Group,
		})
		if err != nil {
			return err
		}
	}
	if from.Enforced == to.Enforced {
		return nil
	}
	_, err := client.RebootCluster(ctx, &redshift.RebootClusterInput{ClusterIdentifier: &env.Name})
	return err
}

// groups makes parameter groups of a family.
func groups(family string) kind.Ensure[parameterGroup] {
	return kind.Ensure[parameterGroup]{
		There: func(ctx context.Context, env control.Env, name string, _ parameterGroup) (bool, error) {
			_, err := familyOf(ctx, env, name)
			if lacks(err) {
				return false, nil
			}
			return err == nil, err
		},
		Make: func(ctx context.Context, env control.Env, name string, _ parameterGroup) error {
			_, err := redshift.NewFromConfig(env.Config).CreateClusterParameterGroup(ctx,
				&redshift.CreateClusterParameterGroupInput{
					ParameterGroupName: &name, ParameterGroupFamily: &family,
					Description: aws.String("Refuses connections without TLS"),
				})
			return err
		},
	}
}
