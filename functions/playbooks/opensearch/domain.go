// Package opensearch holds the playbooks for Amazon OpenSearch Service.
package opensearch

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/opensearch"
	"github.com/aws/aws-sdk-go-v2/service/opensearch/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// domainARN accepts domains of every partition; its group is the name.
var domainARN = regexp.MustCompile(`^arn:aws[a-z-]*:es:[a-z0-9-]+:[0-9]{12}:domain/([a-z][a-z0-9-]{2,27})$`)

// option is one of a domain: whether it is asked for, which AWS goes by, and whether it is in effect. What is between
// takes hours where there is much data.
type option struct{ Asked, InEffect bool }

// deployed is how long AWS may take to move a domain to other nodes.
func deployed() control.Settle {
	return control.Settle{Typical: 15 * time.Minute, Within: 48 * time.Hour}
}

// optionOf is an option by what is asked for and how far that is.
func optionOf(enabled *bool, status *types.OptionStatus) *option {
	asked, under := aws.ToBool(enabled), status != nil && status.State == types.OptionStateProcessing
	return &option{asked, asked != under}
}

// want is the option in effect. AWS takes one change after the other; what is asked for already is waited for.
func (o *option) want(busy, trouble string) (*option, error) {
	switch {
	case o == nil || o.Asked && o.InEffect: // AWS looks at none of Elasticsearch
		return o, nil
	case !o.Asked && trouble != "":
		return o, fault.New(fault.Refused, "%s", trouble)
	case !o.Asked && busy != "":
		return o, fault.New(fault.Retry, "%s", busy)
	}
	return &option{true, true}, nil
}

// describe reads a domain. AWS looks at none of Elasticsearch: those have controls of their own.
func describe(ctx context.Context, env control.Env) (d types.DomainStatus, looked bool, err error) {
	out, err := opensearch.NewFromConfig(env.Config).DescribeDomain(ctx, &opensearch.DescribeDomainInput{
		DomainName: &env.Name,
	})
	switch {
	case err != nil:
		return d, false, err
	case out.DomainStatus == nil || aws.ToString(out.DomainStatus.DomainName) != env.Name:
		return d, false, fault.New(fault.Invalid, "DescribeDomain answered without the domain %s", env.Name)
	case aws.ToBool(out.DomainStatus.Deleted):
		return d, false, fault.New(fault.Gone, "the domain %s is being deleted", env.Name)
	}
	return *out.DomainStatus, !strings.HasPrefix(aws.ToString(out.DomainStatus.EngineVersion), "Elasticsearch"), nil
}

// configuration is what is asked of a domain, and how far each part of it is.
func configuration(ctx context.Context, env control.Env) (types.DomainConfig, error) {
	out, err := opensearch.NewFromConfig(env.Config).DescribeDomainConfig(ctx, &opensearch.DescribeDomainConfigInput{
		DomainName: &env.Name,
	})
	if err != nil {
		return types.DomainConfig{}, err
	}
	if out.DomainConfig == nil {
		return types.DomainConfig{}, fault.New(fault.Invalid, "DescribeDomainConfig answered without a configuration")
	}
	return *out.DomainConfig, nil
}

// busy is why a domain takes no change now; empty where it does.
func busy(d types.DomainStatus) string {
	status := d.DomainProcessingStatus
	if status == "" && (aws.ToBool(d.Processing) || aws.ToBool(d.UpgradeProcessing)) {
		status = types.DomainProcessingStatusTypeModifying
	}
	if status == "" || status == types.DomainProcessingStatusTypeActive {
		return ""
	}
	return "the domain is " + string(status) + ": it takes the change when it is Active"
}
