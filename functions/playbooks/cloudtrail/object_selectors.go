package cloudtrail

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// selector is one of either kind, as a state holds it: as a text, in which nothing that is empty gets lost.
type selector struct {
	Older *types.EventSelector         `json:",omitempty"`
	Newer *types.AdvancedEventSelector `json:",omitempty"`
}

// objects is what the selectors call objects in S3.
const objects = "AWS::S3::Object"

// ownSelector is the one that is added, with what it is called in plans.
func ownSelector(partition string, writes, newer bool) (label, text string, err error) {
	label, mode, readOnly := "reads of S3 objects", types.ReadWriteTypeReadOnly, "true"
	if writes {
		label, mode, readOnly = "writes of S3 objects", types.ReadWriteTypeWriteOnly, "false"
	}
	s := selector{Older: &types.EventSelector{
		ReadWriteType: mode, IncludeManagementEvents: aws.Bool(false),
		DataResources: []types.DataResource{{Type: aws.String(objects), Values: []string{"arn:" + partition + ":s3"}}},
	}}
	if newer {
		is := func(field, value string) types.AdvancedFieldSelector {
			return types.AdvancedFieldSelector{Field: &field, Equals: []string{value}}
		}
		s = selector{Newer: &types.AdvancedEventSelector{
			Name: aws.String("Salve: " + label), FieldSelectors: []types.AdvancedFieldSelector{
				is("eventCategory", "Data"), is("resources.type", objects), is("readOnly", readOnly),
			},
		}}
	}
	text, err = s.text()
	return label, text, err
}

// text is the selector in one form, whatever AWS leaves out of it.
func (s selector) text() (string, error) {
	if s.Older != nil {
		one := *s.Older
		if one.IncludeManagementEvents == nil {
			one.IncludeManagementEvents = aws.Bool(true)
		}
		if one.ReadWriteType == "" {
			one.ReadWriteType = types.ReadWriteTypeAll
		}
		if len(one.DataResources) == 0 {
			one.DataResources = nil
		}
		if len(one.ExcludeManagementEventSources) == 0 {
			one.ExcludeManagementEventSources = nil
		}
		s.Older = &one
	}
	text, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("write down an event selector: %w", err)
	}
	return string(text), nil
}

// labelled are the selectors of a trail by what they say: ours by name, others by a digest. A trail without any
// records all management events, and is written down so.
func labelled(partition string, out *cloudtrail.GetEventSelectorsOutput) (map[string]string, error) {
	all := make([]selector, 0, len(out.EventSelectors)+len(out.AdvancedEventSelectors))
	for i := range out.EventSelectors {
		all = append(all, selector{Older: &out.EventSelectors[i]})
	}
	for i := range out.AdvancedEventSelectors {
		all = append(all, selector{Newer: &out.AdvancedEventSelectors[i]})
	}
	if len(all) == 0 {
		all = []selector{{Older: &types.EventSelector{}}}
	}
	ours := map[string]string{}
	for n := range 4 {
		label, text, err := ownSelector(partition, n&1 == 0, n&2 == 0)
		if err != nil {
			return nil, err
		}
		ours[text] = label
	}
	set := map[string]string{}
	for _, s := range all {
		text, err := s.text()
		if err != nil {
			return nil, err
		}
		label, own := ours[text]
		if !own {
			sum := sha256.Sum256([]byte(text))
			label = "selector " + hex.EncodeToString(sum[:6])
		}
		set[label] = text
	}
	return set, nil
}

// read is a selector as it was written down.
func read(text string) (s selector, err error) {
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return s, fmt.Errorf("read an event selector: %w", err)
	}
	return s, nil
}

// isNewer tells that a trail has selectors of the newer kind: it takes none of the other beside them.
func isNewer(set map[string]string) bool {
	for _, text := range set {
		if s, err := read(text); err == nil && s.Newer != nil {
			return true
		}
	}
	return false
}

// recordsObjects tells that one of the selectors lets in all writes, or all reads, of all objects.
func recordsObjects(partition string, writes bool, set map[string]string) bool {
	for _, text := range set {
		s, err := read(text)
		if err != nil {
			continue
		}
		if s.Older != nil && olderRecords(partition, writes, *s.Older) || s.Newer != nil && newerRecords(writes, *s.Newer) {
			return true
		}
	}
	return false
}

func olderRecords(partition string, writes bool, s types.EventSelector) bool {
	other := types.ReadWriteTypeWriteOnly
	if writes {
		other = types.ReadWriteTypeReadOnly
	}
	if s.ReadWriteType == other {
		return false
	}
	all := []string{"arn:" + partition + ":s3", "arn:" + partition + ":s3:::"}
	return slices.ContainsFunc(s.DataResources, func(r types.DataResource) bool {
		return aws.ToString(r.Type) == objects &&
			slices.ContainsFunc(r.Values, func(value string) bool { return slices.Contains(all, value) })
	})
}

// newerRecords: any field but these three leaves something out.
func newerRecords(writes bool, s types.AdvancedEventSelector) bool {
	data, of := false, false
	for _, f := range s.FieldSelectors {
		if len(f.EndsWith)+len(f.NotEndsWith)+len(f.NotEquals)+len(f.NotStartsWith)+len(f.StartsWith) > 0 {
			return false
		}
		switch aws.ToString(f.Field) {
		case "eventCategory":
			data = slices.Contains(f.Equals, "Data")
		case "resources.type":
			of = slices.Contains(f.Equals, objects)
		case "readOnly":
			if !slices.Contains(f.Equals, strconv.FormatBool(!writes)) {
				return false
			}
		default:
			return false
		}
	}
	return data && of
}

// putSelectors replaces all selectors of a trail, which are of one kind.
func putSelectors(ctx context.Context, env control.Env, name string, set map[string]string) error {
	in := &cloudtrail.PutEventSelectorsInput{TrailName: &name}
	for _, label := range slices.Sorted(maps.Keys(set)) {
		s, err := read(set[label])
		switch {
		case err != nil:
			return err
		case s.Newer != nil:
			in.AdvancedEventSelectors = append(in.AdvancedEventSelectors, *s.Newer)
		case s.Older != nil:
			in.EventSelectors = append(in.EventSelectors, *s.Older)
		}
	}
	if len(in.AdvancedEventSelectors) > 0 && len(in.EventSelectors) > 0 {
		return fault.New(fault.Drifted, "the trail %s has selectors of another kind by now, which CloudTrail does not take "+
			"beside these", name)
	}
	_, err := cloudtrail.NewFromConfig(env.Config).PutEventSelectors(ctx, in)
	return err
}
