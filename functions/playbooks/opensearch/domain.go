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

// What an option of a domain can be. A change takes hours where there is much data, and shows at once in what is asked
// for: only an option that is in effect is on.
const (
	off    = "off"
	coming = "being turned on"
	on     = "on"
	going  = "being turned off"
)

// deployed is how long AWS may take to move a domain to other nodes.
func deployed() control.Settle {
	return control.Settle{Typical: 15 * time.Minute, Within: 48 * time.Hour}
}

// stateOf is what an option is by what is asked for and how far that is.
func stateOf(enabled *bool, status *types.OptionStatus) string {
	processing := status != nil && status.State == types.OptionStateProcessing
	switch {
	case aws.ToBool(enabled) && processing:
		return coming
	case aws.ToBool(enabled):
		return on
	case processing:
		return going
	}
	return off
}

// asks tells that AWS fails an option in a state: it goes by what is asked for.
func asks(state string) bool { return state == off || state == going }

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

// busy is why a domain takes no change now; empty where it does. One change at a time is all that AWS takes of many.
func busy(d types.DomainStatus) string {
	status := d.DomainProcessingStatus
	if status == "" && (aws.ToBool(d.Processing) || aws.ToBool(d.UpgradeProcessing)) {
		status = types.DomainProcessingStatusTypeModifying
	}
	if status == "" || status == types.DomainProcessingStatusTypeActive {
		return ""
	}
	return "the domain is " + string(status) + ": try again when it is Active"
}

func refuse(why string) error { return fault.New(fault.Refused, "%s", why) }
