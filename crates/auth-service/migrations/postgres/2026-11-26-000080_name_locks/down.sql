DELETE FROM shared_values WHERE name = 'name_keys_lock' OR name LIKE 'name\_look\_lock\_%';
