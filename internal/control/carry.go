package control

// Carry is for APIs that replace a resource's settings as a whole: it does to the
// settings that are there now what leads from one state to the other, and keeps
// what others changed besides. It is changed where there is something to put; next
// is now itself where there is not, because all of it is done already. A path that
// is neither as it was nor as it should be is a *DriftError. Read right before: AWS
// takes what is put over whatever came in between.
//
// Next has gone through the JSON form of S; what that leaves out is not in it.
func Carry[S any](now, from, to S) (next S, changed bool, err error) {
	var trees [3]any
	for i, s := range []S{now, from, to} {
		if trees[i], err = toTree(s); err != nil {
			return now, false, err
		}
	}
	is, s := trees[0], shapeOf[S]()
	merged := is
	for _, ch := range diff(trees[1], trees[2], s, nil) {
		if s.isFact(ch.Path) {
			continue // known, and not written
		}
		v := at(is, ch.Path)
		if equal(v, ch.To) {
			continue
		}
		if !equal(v, ch.From) {
			return now, false, &DriftError{Path: ch.Path, Now: Text(v), Value: v}
		}
		if drift := s.astray(is, ch.Path); drift != nil {
			return now, false, drift
		}
		merged, changed = with(merged, ch.Path, ch.To), true
	}
	if !changed {
		return now, false, nil
	}
	next, err = fromTree[S](merged)
	return next, err == nil, err
}

// astray finds an entry or optional record that was there on both sides of a
// change below it, and is gone: a part of it alone would be one nobody ever had.
func (s shape) astray(tree any, path string) *DriftError {
	for i, r := range path {
		if r != '/' {
			continue
		}
		above := path[:i]
		v := at(tree, above)
		if _, isMap := v.(map[string]any); !isMap && (v != nil || !s.at(above).open) {
			return &DriftError{Path: above, Now: Text(v), Value: v}
		}
	}
	return nil
}
