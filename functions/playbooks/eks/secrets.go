package eks

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
)

// secrets is whether a cluster encrypts its secrets with a key of KMS, and with which.
type secrets struct {
	Encrypted bool
	Key       string
	Status    types.ClusterStatus `salve:"fact"`
	// Asked tells that EKS is at work on it.
	Asked bool `salve:"fact"`
	// Beside tells that the cluster has a key, and none for secrets by name.
	Beside bool `salve:"fact"`
	// Found is the key that the parameter names, by its ARN; empty where there is none that can be used.
	Found string `salve:"fact"`
	// Expires tells that it will decrypt nothing from a day on.
	Expires bool `salve:"fact"`
	// Usable tells that its policy lets Salve's role give it to EKS.
	Usable bool `salve:"fact"`
}

const ofSecrets = "secrets"

// Secrets returns the control that has a cluster encrypt its secrets with a key of the account.
func Secrets() []control.Control {
	info := declared(control.Info{
		ID: "EKS.3", Writes: "eks.cluster.encryption",
		Effect: "The cluster's secrets are encrypted with the key, for good: neither is taken back, nor the key changed. " +
			"Whoever switches the key off cuts the cluster off from its secrets, and who deletes it loses the cluster. " +
			"Secrets of a cluster before Kubernetes 1.28 are encrypted when they are next written: write them all again. " +
			"From 1.28 on EKS encrypts all its data anyway, with a key of its own; AWS looks for one of yours all the same, " +
			"and has announced to retire this control. Workloads notice nothing. The key is billed by the month, and its calls.",
		Fails: control.Fails{
			When: "The cluster has no encryption configuration, or one that does not name its secrets. Which key it is does " +
				"not matter, nor that Kubernetes 1.28 and later encrypt without one.",
			Rule: "eks-cluster-secrets-encrypted",
		},
		Impact: control.ImpactNone,
		Params: []control.Param{needs.KeyParam(needs.ParamKey, "Alias of the KMS key for secrets, in the account and Region "+
			"of the cluster. Salve makes none: a key is billed, and a cluster is lost with its key.", "alias/eks-secrets")},
		OneWay: map[string]string{
			"Encrypted": "a cluster that encrypts its secrets goes on to", "Key": "EKS changes the key of no cluster",
		},
		Narrow: func(env control.Env) []string { return append(needs.KeyARNs(env), env.Target.Resource) },
	})
	info.Actions = append(needs.KeyActions(), "eks:AssociateEncryptionConfig", "eks:DescribeCluster", "eks:DescribeUpdate",
		"eks:ListUpdates", "kms:CreateGrant")
	info.Settle = control.Settle{Typical: 10 * time.Minute, Within: 3 * time.Hour} // AWS: it can take an hour
	return []control.Control{control.Of[secrets]{
		Info: info, Read: readSecrets, Want: wantSecrets, Write: encryptSecrets,
	}.Control()}
}

// readSecrets takes a key for nothing as long as EKS is at work on it.
func readSecrets(ctx context.Context, env control.Env) (secrets, error) {
	c, err := describe(ctx, env)
	if err != nil {
		return secrets{}, err
	}
	now := secrets{Status: c.Status}
	if c.Status == types.ClusterStatusUpdating {
		if now.Asked, err = associating(ctx, env); err != nil {
			return now, err
		}
	}
	for _, e := range c.EncryptionConfig {
		//nolint:staticcheck // EKS has no more use for it from Kubernetes 1.28 on; AWS's rule goes by it
		now.Beside = !slices.Contains(e.Resources, ofSecrets)
		now.Encrypted = !now.Beside && !now.Asked
		if now.Encrypted && e.Provider != nil {
			now.Key = aws.ToString(e.Provider.KeyArn)
		}
	}
	if now.Encrypted {
		return now, nil
	}
	key, err := needs.ReadKey(ctx, env, env.Params.Text(needs.ParamKey))
	now.Found, now.Expires = key.ARN, key.Expires
	now.Usable = key.LetsSalve(env.Target, "kms:CreateGrant", "kms:DescribeKey")
	return now, err
}

// associating tells that the change of a cluster that goes on is this one.
func associating(ctx context.Context, env control.Env) (bool, error) {
	client := eks.NewFromConfig(env.Config)
	pages := eks.NewListUpdatesPaginator(client, &eks.ListUpdatesInput{Name: &env.Name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, err
		}
		for _, id := range page.UpdateIds {
			out, err := client.DescribeUpdate(ctx, &eks.DescribeUpdateInput{Name: &env.Name, UpdateId: &id})
			if err != nil {
				return false, err
			}
			if u := out.Update; u != nil && u.Status == types.UpdateStatusInProgress &&
				u.Type == types.UpdateTypeAssociateEncryptionConfig {
				return true, nil
			}
		}
	}
	return false, nil
}

func wantSecrets(now secrets, env control.Env) (secrets, error) {
	switch alias := env.Params.Text(needs.ParamKey); {
	case now.Encrypted:
		return now, nil
	case now.Asked: // with whichever key
	case now.Beside:
		return now, fault.New(fault.Refused, "the cluster has an encryption configuration that does not name its secrets, "+
			"and EKS takes no second one: make the cluster anew")
	case now.Status == types.ClusterStatusUpdating:
		return now, fault.New(fault.Retry, "EKS changes something else of the cluster: it takes this when it is ACTIVE")
	case now.Status != types.ClusterStatusActive:
		return now, fault.New(fault.Refused, "the cluster is %s: look after that first, EKS takes the change when it is "+
			"ACTIVE", now.Status)
	case now.Found == "":
		return now, fault.New(fault.Refused, "%s", needs.NoKey(alias))
	case now.Expires:
		return now, fault.New(fault.Refused, "name another key in the parameter %s: the material of the key %s was imported "+
			"and expires, and the cluster would be cut off from its secrets on that day", needs.ParamKey, alias)
	case !now.Usable:
		return now, fault.New(fault.Refused, "let the account, or its role %s, use kms:CreateGrant and kms:DescribeKey by "+
			"the policy of the key %s, without conditions: EKS asks for them with Salve's rights", names.MemberRole, alias)
	}
	now.Encrypted, now.Key = true, now.Found
	return now, nil
}

// encryptSecrets asks once: a run that comes back, or one that others were quicker than, waits for what goes on.
func encryptSecrets(ctx context.Context, env control.Env, from, to secrets) error {
	now, err := readSecrets(ctx, env)
	switch {
	case err != nil || now.Encrypted || now.Asked || from.Encrypted == to.Encrypted:
		return err
	case now.Found != to.Key || !now.Usable || now.Expires:
		return fault.New(fault.Drifted, "the key %s is not what it was when this was planned", to.Key)
	}
	_, err = eks.NewFromConfig(env.Config).AssociateEncryptionConfig(ctx, &eks.AssociateEncryptionConfigInput{
		ClusterName: &env.Name, ClientRequestToken: &env.Run,
		EncryptionConfig: []types.EncryptionConfig{{
			Resources: []string{ofSecrets}, Provider: &types.Provider{KeyArn: &to.Key},
		}},
	})
	return err
}
