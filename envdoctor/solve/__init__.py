"""Find a change that cures: merge the fixes of all errors, let uv solve them for the target, judge the result again."""
