package opensearch

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/opensearch"
	"github.com/aws/aws-sdk-go-v2/service/opensearch/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// encryption is whether a domain is encrypted at rest; nil where AWS does not look.
type encryption struct {
	EncryptionAtRest *option
	Busy             string `salve:"fact"` // what else changes
	Trouble          string `salve:"fact"` // why it cannot be turned on
}

// Encryption returns the control that has domains encrypted at rest.
func Encryption() []control.Control {
	return []control.Control{control.Of[encryption]{
		Info: control.Info{
			ID: "Opensearch.1", Writes: "opensearch.domain.EncryptionAtRest",
			Effect: "OpenSearch moves the domain to new nodes, which takes hours where there is much data. Searches and " +
				"writes go on meanwhile, slower; the additional nodes are billed as long as there are both. Indices, logs and " +
				"automated snapshots are encrypted from then on with AWS's key aws/es. Neither can be taken back nor the key " +
				"changed: where it must be one of yours, turn encryption on yourself. Look first that the cluster is green.",
			Fails: control.Fails{
				When: "Encryption at rest of the OpenSearch domain is off. Domains of Elasticsearch do not count.",
				Rule: "opensearch-encrypted-at-rest",
			},
			Impact:  control.ImpactInterrupts,
			Pattern: domainARN,
			Actions: []string{"es:DescribeDomain", "es:DescribeDomainConfig", "es:UpdateDomainConfig"},
			OneWay:  map[string]string{"EncryptionAtRest/*": "a domain that is encrypted stays so"},
			Settle:  deployed(),
		},
		Read: readEncryption,
		Want: func(now encryption, _ control.Env) (to encryption, err error) {
			to = now
			to.EncryptionAtRest, err = now.EncryptionAtRest.want(now.Busy, now.Trouble)
			return to, err
		},
		Write: func(ctx context.Context, env control.Env, _, _ encryption) error {
			now, err := readEncryption(ctx, env)
			if err != nil || now.EncryptionAtRest == nil || now.EncryptionAtRest.Asked {
				return err
			}
			_, err = opensearch.NewFromConfig(env.Config).UpdateDomainConfig(ctx, &opensearch.UpdateDomainConfigInput{
				DomainName: &env.Name, EncryptionAtRestOptions: &types.EncryptionAtRestOptions{Enabled: aws.Bool(true)},
			})
			return err
		},
	}.Control()}
}

func readEncryption(ctx context.Context, env control.Env) (encryption, error) {
	d, looked, err := describe(ctx, env)
	if err != nil || !looked {
		return encryption{}, err
	}
	c, err := configuration(ctx, env)
	if err != nil {
		return encryption{}, err
	}
	if c.EncryptionAtRestOptions == nil || c.EncryptionAtRestOptions.Options == nil {
		return encryption{}, fault.New(fault.Invalid, "DescribeDomainConfig answered without encryption at rest")
	}
	o := c.EncryptionAtRestOptions
	return encryption{optionOf(o.Options.Enabled, o.Status), busy(d), oldNodes(d.ClusterConfig)}, nil
}

// oldNodes tells types of instances that cannot encrypt. Source: OpenSearch Service developer guide, supported
// instances.
func oldNodes(c *types.ClusterConfig) string {
	if c == nil {
		return ""
	}
	for _, node := range []string{string(c.InstanceType), string(c.DedicatedMasterType)} {
		if kind, _, _ := strings.Cut(node, "."); kind == "t2" || kind == "m3" || kind == "r3" {
			return "nodes of the type " + node + " cannot encrypt: move to a newer one first"
		}
	}
	return ""
}
