// Package eks holds the playbooks for Amazon EKS.
package eks

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// endpoint is how the Kubernetes API of a cluster is reached.
type endpoint struct {
	EndpointPublicAccess, EndpointPrivateAccess bool
	// PublicAccessCidrs are the ranges that the public endpoint lets in, while it is on. Undo says them again: AWS lets
	// everybody in where nobody does.
	PublicAccessCidrs []string
	// Nameless is why no node would find the private endpoint, where it is not on yet.
	Nameless string `salve:"fact"`
}

// Endpoint returns the control that takes the Kubernetes API off the internet.
func Endpoint() []control.Control {
	return []control.Control{control.Of[endpoint]{
		Info: declared(control.Info{
			ID: "EKS.1", Writes: "eks.cluster.endpoint",
			Effect: "The Kubernetes API is reached from the VPC and the networks connected to it alone: kubectl, pipelines " +
				"and GitOps elsewhere are cut off, and so are nodes in VPCs of their own. Private access is switched on with the " +
				"same change, so that the nodes go on; where the VPC answers no private names, the cluster is left as it is. " +
				"Look first who comes from where, in the audit log.",
			Fails: control.Fails{
				When: "The public endpoint of the cluster is on, for some ranges or for all.",
				Rule: "eks-endpoint-no-public-access",
			},
			Impact:  control.ImpactInterrupts,
			Actions: []string{"ec2:DescribeVpcAttribute"},
		}),
		Read: readEndpoint,
		Want: func(now endpoint, _ control.Env) (endpoint, error) {
			if now.EndpointPublicAccess && now.Nameless != "" {
				return now, fault.New(fault.Refused, "%s", now.Nameless)
			}
			if now.EndpointPublicAccess {
				now.EndpointPublicAccess, now.EndpointPrivateAccess, now.PublicAccessCidrs = false, true, nil
			}
			return now, nil
		},
		Mentions: func(now endpoint) []string {
			if !now.EndpointPublicAccess || slices.Contains(now.PublicAccessCidrs, "0.0.0.0/0") {
				return nil
			}
			return []string{"who comes from " + strings.Join(now.PublicAccessCidrs, ", ") + " is let in now, and cut off then"}
		},
		Write: func(ctx context.Context, env control.Env, _, to endpoint) error {
			return update(ctx, env, eks.UpdateClusterConfigInput{ResourcesVpcConfig: &types.VpcConfigRequest{
				EndpointPublicAccess: &to.EndpointPublicAccess, EndpointPrivateAccess: &to.EndpointPrivateAccess,
				PublicAccessCidrs: to.PublicAccessCidrs,
			}})
		},
	}.Control()}
}

// AuditLog returns the control that has a cluster write its audit log.
func AuditLog() []control.Control {
	return []control.Control{kind.Setting[bool]{
		Name: string(types.LogTypeAudit), Get: audited, Want: kind.Always(true),
		Set: func(ctx context.Context, env control.Env, on bool) error {
			return update(ctx, env, eks.UpdateClusterConfigInput{Logging: &types.Logging{
				ClusterLogging: []types.LogSetup{{Enabled: &on, Types: []types.LogType{types.LogTypeAudit}}},
			}})
		},
	}.Control(declared(control.Info{
		ID: "EKS.8", Writes: "eks.cluster.audit-log",
		Effect: "What is asked of the Kubernetes API is logged into the log group /aws/eks/NAME/cluster, and CloudWatch " +
			"Logs is billed for it by the gigabyte, which is much on a busy cluster. EKS makes the group, which keeps all for " +
			"ever until somebody says otherwise. The other logs stay as they are, and nobody who uses the cluster notices.",
		Fails: control.Fails{
			When: "The cluster does not write its audit log. Its other logs do not count.",
			Rule: "eks-cluster-log-enabled",
		},
		Impact: control.ImpactNone,
	}))}
}

// declared fills in what the controls of a cluster have in common.
func declared(info control.Info) control.Info {
	info.Pattern = regexp.MustCompile(`^arn:aws[a-z-]*:eks:[a-z0-9-]+:\d{12}:cluster/([0-9A-Za-z][A-Za-z0-9_-]{0,99})$`)
	info.Actions = append(info.Actions, "eks:DescribeCluster", "eks:UpdateClusterConfig")
	info.Settle = control.Settle{Typical: 2 * time.Minute, Within: time.Hour} // a cluster takes one change after the other
	return info
}

func describe(ctx context.Context, env control.Env) (types.Cluster, error) {
	out, err := eks.NewFromConfig(env.Config).DescribeCluster(ctx, &eks.DescribeClusterInput{Name: &env.Name})
	switch {
	case err != nil:
		return types.Cluster{}, err
	case out.Cluster == nil:
		return types.Cluster{}, fault.New(fault.Invalid, "DescribeCluster answered without the cluster %s", env.Name)
	case out.Cluster.ConnectorConfig != nil:
		return types.Cluster{}, fault.New(fault.Refused, "the cluster is only connected to EKS: change it where it runs")
	}
	return *out.Cluster, nil
}

func readEndpoint(ctx context.Context, env control.Env) (endpoint, error) {
	c, err := describe(ctx, env)
	if err != nil {
		return endpoint{}, err
	}
	if c.ResourcesVpcConfig == nil {
		return endpoint{}, fault.New(fault.Invalid, "DescribeCluster answered without the endpoints of %s", env.Name)
	}
	v := c.ResourcesVpcConfig
	now := endpoint{EndpointPublicAccess: v.EndpointPublicAccess, EndpointPrivateAccess: v.EndpointPrivateAccess}
	if now.EndpointPublicAccess { // EKS may show those of before
		now.PublicAccessCidrs = slices.Sorted(slices.Values(v.PublicAccessCidrs))
	}
	if now.EndpointPublicAccess && !now.EndpointPrivateAccess {
		now.Nameless, err = nameless(ctx, env, v.VpcId)
	}
	return now, err
}

// audited takes a log that EKS does not name for one that is off: a cluster without logs has none in its list.
func audited(ctx context.Context, env control.Env) (bool, error) {
	c, err := describe(ctx, env)
	if err != nil || c.Logging == nil {
		return false, err
	}
	return slices.ContainsFunc(c.Logging.ClusterLogging, func(s types.LogSetup) bool {
		return s.Enabled != nil && *s.Enabled && slices.Contains(s.Types, types.LogTypeAudit)
	}), nil
}

func update(ctx context.Context, env control.Env, in eks.UpdateClusterConfigInput) error {
	in.Name = &env.Name
	_, err := eks.NewFromConfig(env.Config).UpdateClusterConfig(ctx, &in)
	return err
}
