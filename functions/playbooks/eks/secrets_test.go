package eks_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"

	playbook "github.com/salve-security/salve/functions/playbooks/eks"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

func ofSecrets() control.Control { return playbook.Secrets()[0] }

// keys are what clusters encrypt their secrets with, by name, and which of them change. The emulator that has clusters
// knows nothing of either; the lab asks for rights before it comes here.
type keys struct {
	mu   sync.Mutex
	all  map[string]string
	busy map[string]bool
}

func (k *keys) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	of := strings.Split(strings.Trim(r.URL.Path, "/"), "/") // clusters/NAME/WHAT/…
	answer, refused := "", ""
	switch {
	case len(of) == 3 && of[2] == "updates":
		answer = `{"updateIds":["1"]}`
	case len(of) == 4 && of[2] == "updates":
		answer = `{"update":{"id":"1","status":"InProgress","type":"VersionUpdate"}}`
	case len(of) == 4 && of[2] == "encryption-config":
		answer, refused = k.encrypt(of[1], r)
	default:
		w.WriteHeader(http.StatusNotImplemented)
	}
	if refused != "" {
		w.Header().Set("X-Amzn-Errortype", refused)
		w.WriteHeader(http.StatusBadRequest)
	}
	_, _ = w.Write([]byte(answer))
}

func (k *keys) encrypt(name string, r *http.Request) (answer, refused string) {
	var in struct {
		EncryptionConfig []struct {
			Resources []string
			Provider  struct{ KeyArn string }
		}
	}
	err := json.NewDecoder(r.Body).Decode(&in)
	switch {
	case k.busy[name]:
		return "", "ResourceInUseException"
	case err != nil || k.all[name] != "" || len(in.EncryptionConfig) != 1 ||
		!slices.Equal(in.EncryptionConfig[0].Resources, []string{"secrets"}):
		return "", "InvalidParameterException"
	}
	k.all[name] = in.EncryptionConfig[0].Provider.KeyArn
	return `{"update":{"id":"1","status":"InProgress","type":"AssociateEncryptionConfig"}}`, ""
}

func (k *keys) amend(_, out any) {
	k.mu.Lock()
	defer k.mu.Unlock()
	got, ok := out.(*eks.DescribeClusterOutput)
	if !ok {
		return
	}
	if key := k.all[*got.Cluster.Name]; key != "" {
		got.Cluster.EncryptionConfig = configured(key, "secrets")
	}
	if k.busy[*got.Cluster.Name] {
		got.Cluster.Status = types.ClusterStatusUpdating
	}
}

func configured(key string, resources ...string) []types.EncryptionConfig {
	return []types.EncryptionConfig{{Resources: resources, Provider: &types.Provider{KeyArn: &key}}}
}

// unencrypted is a cluster, beside a key for its secrets.
func unencrypted(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	client, alias := kms.NewFromConfig(root), aws.String("alias/eks-secrets")
	if _, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: alias}); fault.Of(err) == fault.Gone {
		key := playbooktest.Got(client.CreateKey(ctx, &kms.CreateKeyInput{}))(t)
		in := &kms.CreateAliasInput{AliasName: alias, TargetKeyId: key.KeyMetadata.KeyId}
		playbooktest.Got(client.CreateAlias(ctx, in))(t)
	}
	return publicOnly(ctx, t, root)
}

func TestSecrets(t *testing.T) {
	kept := &keys{all: map[string]string{}, busy: map[string]bool{}}
	const changing = "asked for a cluster alone that changes"
	playbooktest.Run(t, playbooktest.Suite{
		World:   playbooktest.Amended(playbooktest.Serving(t, "eks", kept), kept.amend),
		Control: ofSecrets(), Seed: unencrypted, Foreign: foreign(), Unrelated: tagged, Delete: remove,
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			t.Helper()
			now := look(ctx, t, root, resource)
			return []any{now.EncryptionConfig, now.Tags["team"]}
		},
		DisturbFact: func(_ context.Context, _ *testing.T, _ aws.Config, resource string) {
			kept.mu.Lock()
			defer kept.mu.Unlock()
			kept.busy[*name(resource)] = true
		},
		Skip: map[string]string{playbooktest.CaseDrift: "nothing takes encryption back, and EKS changes no key"},
		Unseen: map[string]string{
			"eks:DescribeUpdate": changing, "eks:ListUpdates": changing,
			"kms:CreateGrant": "EKS asks for it, with Salve's rights",
		},
	})
}

const keyARN = "arn:aws:kms:us-east-1:222222222222:key/1"

// cluster is one beside a key with a policy.
func cluster(c types.Cluster, principal string) playbooktest.StandIn {
	if c.Status == "" {
		c.Status = types.ClusterStatusActive
	}
	return playbooktest.Answers(&eks.DescribeClusterOutput{Cluster: &c}, &kms.DescribeKeyOutput{
		KeyMetadata: &kmstypes.KeyMetadata{Arn: aws.String(keyARN), Enabled: true, KeySpec: kmstypes.KeySpecSymmetricDefault},
	}, &kms.GetKeyPolicyOutput{Policy: aws.String(`{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` +
		principal + `"},"Action":"kms:*","Resource":"*"}}`)})
}

// changing is a cluster that EKS changes: what else, and what of its encryption.
func changing(updates ...types.Update) playbooktest.StandIn {
	s := cluster(types.Cluster{Status: types.ClusterStatusUpdating, EncryptionConfig: configured(keyARN, "secrets")},
		"222222222222:root")
	s["ListUpdates"] = func(any) (any, error) {
		out := &eks.ListUpdatesOutput{}
		for _, u := range updates {
			out.UpdateIds = append(out.UpdateIds, string(u.Status+"/")+string(u.Type))
		}
		return out, nil
	}
	s["DescribeUpdate"] = func(in any) (any, error) {
		status, kind, _ := strings.Cut(*in.(*eks.DescribeUpdateInput).UpdateId, "/")
		return &eks.DescribeUpdateOutput{Update: &types.Update{
			Status: types.UpdateStatus(status), Type: types.UpdateType(kind),
		}}, nil
	}
	return s
}

// AWS fails a cluster without an encryption configuration that names secrets, whichever the key and the version.
func TestLineOfSecrets(t *testing.T) {
	const all = "222222222222:root"
	plain := func(status types.ClusterStatus) playbooktest.StandIn {
		return cluster(types.Cluster{Status: status}, all)
	}
	without := func(spec kmstypes.KeySpec, enabled bool) playbooktest.StandIn {
		s := plain("")
		s["DescribeKey"] = func(any) (any, error) {
			return &kms.DescribeKeyOutput{KeyMetadata: &kmstypes.KeyMetadata{
				Arn: aws.String(keyARN), Enabled: enabled, KeySpec: spec,
			}}, nil
		}
		return s
	}
	keyless := plain("")
	keyless["DescribeKey"] = func(any) (any, error) { return nil, &kmstypes.NotFoundException{} }
	elsewhere := plain(types.ClusterStatusUpdating)
	elsewhere["ListUpdates"] = playbooktest.Answers(&eks.ListUpdatesOutput{})["ListUpdates"]
	encrypted := types.Cluster{EncryptionConfig: configured("arn:aws:kms:us-east-1:333333333333:key/2", "secrets")}
	association := types.Update{Status: types.UpdateStatusInProgress, Type: types.UpdateTypeAssociateEncryptionConfig}
	done := types.Update{Status: types.UpdateStatusSuccessful, Type: types.UpdateTypeAssociateEncryptionConfig}
	version := types.Update{Status: types.UpdateStatusInProgress, Type: types.UpdateTypeVersionUpdate}
	playbooktest.Judged(t, ofSecrets(), clusters+"shop", map[string]playbooktest.Shape{
		"none":                {Answers: plain(""), Fails: true},
		"encrypted by itself": {Answers: cluster(types.Cluster{Version: aws.String("1.33")}, all), Fails: true},
		"another's key":       {Answers: playbooktest.Answers(&eks.DescribeClusterOutput{Cluster: &encrypted})},
		"not secrets": {
			Answers: cluster(types.Cluster{EncryptionConfig: configured(keyARN)}, all), Class: fault.Refused,
			Words: []string{"does not name its secrets"},
		},
		"on the way":          {Answers: changing(version, association), Fails: true},
		"there, and changing": {Answers: changing(version, done)},
		"changing":            {Answers: elsewhere, Class: fault.Retry},
		"being made":          {Answers: plain("CREATING"), Class: fault.Refused, Words: []string{"CREATING"}},
		"failed":              {Answers: plain("FAILED"), Class: fault.Refused},
		"no key":              {Answers: keyless, Class: fault.Refused, Words: []string{"make a KMS key"}},
		"key that is off":     {Answers: without(kmstypes.KeySpecSymmetricDefault, false), Class: fault.Refused},
		"key of two halves":   {Answers: without(kmstypes.KeySpecRsa2048, true), Class: fault.Refused},
		"key for Salve":       {Answers: cluster(types.Cluster{}, "222222222222:role/salve-remediation"), Fails: true},
		"key for another role": {
			Answers: cluster(types.Cluster{}, "222222222222:role/admin"), Class: fault.Refused,
			Words: []string{"kms:CreateGrant", "salve-remediation"},
		},
		"connected": {
			Answers: answers(types.Cluster{ConnectorConfig: &types.ConnectorConfigResponse{}}), Class: fault.Refused,
		},
	})
}

// Encryption is one way, so that a person is asked; a key that changed since is nobody's approval; and what goes on
// is not asked for twice.
func TestSecretsAreEncryptedOnce(t *testing.T) {
	c, asked := ofSecrets(), 0
	s := cluster(types.Cluster{}, "222222222222:root")
	s["AssociateEncryptionConfig"] = func(any) (any, error) { asked++; return &eks.AssociateEncryptionConfigOutput{}, nil }
	env := playbooktest.Env(t, c, clusters+"shop", playbooktest.Unplugged(), s)
	plan := playbooktest.Planned(t, c, env, "  ~ Encrypted: false → true (one way: a cluster that encrypts its secrets "+
		"goes on to)\n  ~ Key: none → \""+keyARN+"\" (undo leaves it: EKS changes the key of no cluster)\n")
	if !plan.OneWay() {
		t.Error("nobody is asked")
	}
	going := types.Update{Status: types.UpdateStatusInProgress, Type: types.UpdateTypeAssociateEncryptionConfig}
	for what, now := range map[string]playbooktest.StandIn{
		"goes on": changing(going),
		"another": cluster(types.Cluster{}, "222222222222:role/admin"),
	} {
		for operation, answer := range now {
			s[operation] = answer
		}
		want := fault.None
		if what == "another" {
			want = fault.Drifted
		}
		if playbooktest.Fails(t, c.Apply(t.Context(), env, plan), want); asked > 0 {
			t.Errorf("%s: asked %d times", what, asked)
		}
	}
}
