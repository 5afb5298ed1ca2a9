package cloudtrail

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

// recorded is how much of the management events a trail's selectors let in. Without any it records all.
func recorded(out *cloudtrail.GetEventSelectorsOutput) events {
	if len(out.EventSelectors)+len(out.AdvancedEventSelectors) == 0 {
		return allEvents
	}
	best := noEvents
	for _, s := range out.EventSelectors {
		best = more(best, older(s))
	}
	for _, s := range out.AdvancedEventSelectors {
		best = more(best, newer(s))
	}
	return best
}

func more(a, b events) events {
	if a == allEvents || b == noEvents {
		return a
	}
	return b
}

// older is how much a selector of the older kind lets in; what it does not say is on.
func older(s types.EventSelector) events {
	switch {
	case s.IncludeManagementEvents != nil && !*s.IncludeManagementEvents:
		return noEvents
	case s.ReadWriteType != types.ReadWriteTypeAll && s.ReadWriteType != "", len(s.ExcludeManagementEventSources) > 0:
		return someEvents
	}
	return allEvents
}

// newer is the same for the newer kind: a field besides the category lets in less.
func newer(s types.AdvancedEventSelector) events {
	management := slices.ContainsFunc(s.FieldSelectors, func(f types.AdvancedFieldSelector) bool {
		return aws.ToString(f.Field) == "eventCategory" && slices.Contains(f.Equals, "Management")
	})
	switch {
	case !management:
		return noEvents
	case len(s.FieldSelectors) > 1:
		return someEvents
	}
	return allEvents
}
